#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "journal/journal.hpp"
#include "journal/message_reader.hpp"
#include "model/record_batch.hpp"
#include "readers/bridge/state.hpp"
#include "readers/bridge/topic_map.hpp"

namespace perigee::readers::bridge {

/// What never leaves by a bridge.
struct kept_back {
  std::string source;  // what came in by the same bridge
  std::string via;     // what has been through this node's bridges already, by its user property
  std::string peer{};  // the node on the other side, as it says; empty: none. It has what it sent already
};

/// A message that waits to go out.
struct departing {
  journal::place at{};
  journal::place after{};  // everything before it, this one included
  model::record message;
  std::string node;  // whose journal first had it, and where; empty: this one
  perigee::epoch life{};
  log_offset offset{};
};

/// One lane's way out, without IO: reads the messages that leave, numbers those that are acknowledged, and knows how
/// far the lane has come. Reading again from the same progress gives the same messages the same numbers. Owned by the
/// bridge, on the journal's shard.
class outbox {
 public:
  outbox(journal::lane_log& lane, const topic_map& topics, const kept_back& kept);

  /// Where it goes on after a restart.
  void restore(const lane_state& from);
  /// A new connection: everything in flight is forgotten. Where the other broker still has the session, what it has
  /// received (as far as that was saved) waits for its PUBCOMP, in flight as `released`, and the rest is read again.
  void rewind(bool session_present);

  /// The next message to send; reads one slice of the journal if need be. Null: there was none in it, or what is saved
  /// must change first. Valid until the next call.
  [[nodiscard]] const departing* next();
  /// Whether `next` may give something although it gave nothing.
  [[nodiscard]] bool has_more() const { return !stuck_ && !must_save_ && (reader_.behind() != 0); }
  /// What `next` gave is on its way, with QoS 1 or 2: it has this number, and is in flight until `finish`.
  std::uint64_t take(clock::time_point now);
  /// That `take` would give.
  [[nodiscard]] std::uint64_t next_number() const { return next_number_; }
  /// What `next` gave is over and done with, with QoS 0.
  void pass();

  enum class stage : std::uint8_t { sent, received, released, finished };
  struct flight {
    std::uint64_t number = 0;
    std::optional<journal::place> at{};     // of the message; none: not read in this connection
    std::optional<journal::place> after{};  // none: known only of the last of those that were received
    outbox::stage stage = stage::sent;
    wire::mqtt::packet_id id = 0;  // QoS 2, from PUBREC on
    clock::time_point sent{};
  };
  /// Null where it is not in flight.
  [[nodiscard]] flight* find(std::uint64_t number);
  /// The other broker has it. True where that is saved already, and so it may be released.
  bool receive(flight& which, wire::mqtt::packet_id id);
  void finish(std::uint64_t number);
  [[nodiscard]] const std::deque<flight>& in_flight() const { return flights_; }
  /// The oldest that waits for a word of the other broker.
  [[nodiscard]] std::optional<clock::time_point> waiting_since() const;
  /// What may be released: received, and by what was saved.
  template <class Visit>
  void for_each_releasable(Visit&& visit) {
    for (auto& each : flights_) {
      if (each.number >= saved_.number) return;
      if (each.stage != stage::received) continue;
      each.stage = stage::released;
      visit(each);
    }
  }

  /// To be saved.
  [[nodiscard]] lane_state standing();
  void saved(const lane_state& what);
  /// Received ones wait for it.
  [[nodiscard]] bool wants_saving() const;
  /// Where a message that is sent over this connection may have been sent before.
  [[nodiscard]] bool repeats(std::uint64_t number) const { return number < sent_until_; }
  [[nodiscard]] std::uint64_t records_waiting() const;
  [[nodiscard]] std::uint64_t bytes_waiting() const;
  [[nodiscard]] std::optional<timestamp> oldest_waiting();
  /// The message at a place, for quarantine. An error where it does not read any more.
  [[nodiscard]] result<departing> read_at(journal::place at);

 private:
  void refill();
  [[nodiscard]] bool leaves(const model::record_view& r) const;
  void settle();
  /// Where the first message stands that was not taken.
  [[nodiscard]] journal::place front() const { return waiting_.empty() ? read_until_ : waiting_.front().at; }

  journal::lane_log& lane_;
  const topic_map& topics_;
  const kept_back& kept_;
  journal::reader reader_;
  model::batch_opener opener_;
  std::deque<departing> waiting_;  // bounded by what one refill reads
  std::deque<flight> flights_;     // in order of their numbers, without holes
  journal::place read_until_{};
  progress completed_;
  progress saved_;  // `received` in this session, as it is on the disk
  std::uint64_t next_number_ = 0;
  std::uint64_t sent_until_ = 0;
  bool must_save_ = false;  // before anything is sent: what is saved is of a session that was lost
  bool stuck_ = false;      // what a bound dropped is still being counted, or the disk does not read
  double bytes_per_record_ = 100;
};

}  // namespace perigee::readers::bridge

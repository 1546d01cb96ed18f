#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "client/drain_rate.hpp"
#include "client/link_state.hpp"
#include "journal/journal.hpp"
#include "model/record_batch.hpp"
#include "quarantine/keeper.hpp"
#include "readers/uplink/budget.hpp"
#include "readers/uplink/protocol.hpp"
#include "readers/uplink/schedule.hpp"

namespace perigee::readers::uplink {

using client::link_state;

struct sender_options {
  std::string node;
  std::string peer;                 // for link_state
  std::string version{};            // for the parent's operators, as the tier is
  std::string tier{};
  nanoseconds linger{200'000'000};  // how long a bulk record may wait for company
  std::uint32_t batch_records = 8192;
  std::uint32_t in_flight = 8;
  std::uint64_t budget_per_hour_bytes = 0;  // 0 = none; alarms are counted but never held back
  std::uint64_t budget_per_day_bytes = 0;
  uplink::schedule schedule{};  // holds back bulk and the newest values, not alarms and events
  /// For what no batch can carry; without one only a gap record is left of it.
  quarantine::keeper* aside = nullptr;
};

/// What to publish next.
struct outgoing {
  std::uint64_t token = 0;  // comes back in on_answer; 0 = no answer wanted
  std::string topic;
  byte_buffer payload;
  std::uint8_t qos = 1;
  bool bulk = false;  // much work for both ends: what is urgent may go before the next one
};

/// The child's end, without IO: what happened goes in, what to publish comes out. Alarms first, then events, then bulk;
/// while a backlog waits the newest value of each topic goes ahead of it. Several batches are in flight; the cursors
/// move on acknowledgement. Owned by the uplink service (or the simulation), on the journal's shard; ends with it.
class sender {
 public:
  static result<std::unique_ptr<sender>> open(journal::journal& log, sender_options options);

  /// The connection is up and subscribed: hello is due.
  void on_connected();
  void on_disconnected();
  /// What time of the week it is, about once a second where there is a schedule.
  void on_time(timestamp wall) { window_open_ = options_.schedule.open(wall); }
  /// From the parent, checked. Where it has records of this node that are not in this journal (the folder is an older
  /// copy, or was emptied), that is said in the log and by an alarm, and what is here and new goes up as another
  /// life's. errc::malformed; errc::out_of_order for a parent that claims what cannot be.
  result<> on_welcome(byte_view payload, clock::time_point now, timestamp wall);
  /// The PUBACK for `token`; false when its reason code was 0x80 or above: what is in flight is forgotten and hello is
  /// due again after a pause.
  void on_answer(std::uint64_t token, bool success, clock::time_point now);

  /// The next message to publish now, if any. Call until empty after every event and at `wake_at`.
  [[nodiscard]] std::optional<outgoing> next(clock::time_point now);
  /// When `next` may have something although nothing happened; time_point::max() for never.
  [[nodiscard]] clock::time_point wake_at(clock::time_point now) const;
  /// True when an answer is overdue: the link swallows what it is given and should be broken off.
  [[nodiscard]] bool stalled(clock::time_point now) const;
  [[nodiscard]] link_state state(clock::time_point now, timestamp wall);
  /// What is left of the budget, to be kept over a restart, and back.
  [[nodiscard]] byte_buffer save_budget(timestamp wall) const { return budget_.save(wall); }
  [[nodiscard]] result<> restore_budget(byte_view saved, timestamp wall) { return budget_.restore(saved, wall); }
  [[nodiscard]] const std::string& peer() const { return options_.peer; }

 private:
  struct lane_end {
    std::unique_ptr<journal::cursor> acked;
    journal::reader reader;
    log_offset parent_has{};  // all before; the cursor never goes back, this does where the parent lost something
    clock::time_point waiting_since = clock::time_point::max();
  };
  struct batch {
    std::uint64_t token;
    model::lane lane;
    perigee::epoch life;
    log_offset last;
    std::uint32_t records;
    clock::time_point sent;
    bool acked = false;
  };
  struct held {
    model::lane lane;
    log_offset at;
    quarantine::keeper::ticket kept;
  };
  enum class phase { offline, hello_due, hello_sent, flowing };

  sender(journal::journal& log, sender_options options);
  [[nodiscard]] bool batch_due(model::lane l, clock::time_point now);
  [[nodiscard]] std::optional<outgoing> next_batch(model::lane l, clock::time_point now);
  [[nodiscard]] std::optional<outgoing> next_newest(clock::time_point now);
  [[nodiscard]] std::optional<outgoing> say_hello(clock::time_point now);
  /// What a batch of one life may hold.
  struct filled {
    log_offset stop;  // exclusive
    perigee::epoch life;
  };
  [[nodiscard]] filled fill(model::lane l, clock::time_point now);
  [[nodiscard]] bool has_room(model::lane l) const;
  [[nodiscard]] bool another_in_flight(model::lane l, perigee::epoch life) const;
  void tell_of_fork(const welcome& found, timestamp now);
  [[nodiscard]] bool pass_over(log_offset at, perigee::epoch life, const model::record_view& r, const error& why);
  void settle(model::lane l);
  [[nodiscard]] bool may_go(model::lane l) const;
  void count_sent(const outgoing& out);
  [[nodiscard]] lane_end& end_of(model::lane l) { return *ends_[static_cast<std::size_t>(l)]; }

  journal::journal& log_;
  sender_options options_;
  std::array<std::unique_ptr<lane_end>, model::lane_count> ends_;
  model::batch_encoder encoder_;
  std::deque<batch> in_flight_;
  phase phase_ = phase::offline;
  std::optional<held> held_;  // the record that was met last and no batch can carry
  bool told_of_fork_ = false;
  std::uint64_t next_token_ = 1;
  std::uint64_t hello_token_ = 0;
  clock::time_point hello_sent_{};
  clock::time_point not_before_{};  // no hello until then, after a refusal
  clock::time_point newest_not_before_{};
  clock::time_point urgent_until_{};  // bulk goes in small batches
  budget budget_;
  bool window_open_ = true;
  link_state link_;
  double bytes_per_record_ = 100;
  client::drain_rate drained_;
};

}  // namespace perigee::readers::uplink

#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "journal/journal.hpp"
#include "readers/bridge/state.hpp"
#include "wire/mqtt/packet.hpp"

namespace perigee::readers::bridge {

struct inbox_options {
  std::string source;  // "bridge/NAME": whose the records are
  std::function<model::lane(std::string_view topic)> lane_of;
};

/// The way in, without IO: what the other broker sends becomes records, and is acknowledged when they are durable
/// (promise P1). A message of QoS 2 is in the journal once, over lost connections and crashes: its record carries its
/// packet identifier, and another record says that the other broker let go of it (docs/formats/record.md, as for the
/// MQTT door's own clients). Owned by the bridge, on the journal's shard.
class inbox {
 public:
  inbox(journal::journal& log, inbox_options options);

  /// Where it goes on after a restart: with the saved receipts, and what `recall` finds behind them.
  void restore(const bridge_state& from);
  /// Reads what the journal has had since the receipts were saved. False: not all of it can be read yet, because the
  /// journal writes again what a crash left unproven; call again after a commit. Before it is true nothing may come in:
  /// it might be here already.
  [[nodiscard]] result<bool> recall();

  /// Appends it. An error of the journal: nothing is stored, and it is to come again.
  [[nodiscard]] result<> take(const wire::mqtt::publish& message, std::string_view topic, bool retain, timestamp now);
  /// The other broker let go of it. As `take`.
  [[nodiscard]] result<> release(wire::mqtt::packet_id id, timestamp now);
  /// What is not stored and needs no room either, answered in its turn.
  void pass(const wire::mqtt::publish& message);

  struct due {
    wire::mqtt::packet_id id = 0;
    wire::mqtt::qos qos = wire::mqtt::qos::at_least_once;
    bool completes = false;  // PUBCOMP rather than PUBACK or PUBREC
    model::lane lane = model::lane::bulk;
    log_offset after{};  // one past the record that makes it true
  };
  /// The next answer that may be given, in the order in which the messages came (MQTT5 4.6).
  [[nodiscard]] std::optional<due> next_due();
  /// The connection is gone: what is not QoS 2 comes again.
  void on_disconnected();
  /// The other broker has no session any more: the identifiers mean nothing.
  void forget_receipts();

  /// Into what is saved: receipts, and up to where the journal has been seen.
  void tell(bridge_state& to) const;
  /// False before all is recalled, and while records whose receipts were forgotten are not committed: they would come
  /// back.
  [[nodiscard]] bool can_tell() const;
  [[nodiscard]] std::uint64_t stored() const { return stored_; }
  /// The identifiers that the other broker holds.
  [[nodiscard]] std::vector<wire::mqtt::packet_id> held() const;

 private:
  struct receipt {
    model::lane lane = model::lane::bulk;
    log_offset stored{};
    std::optional<log_offset> released{};
  };

  /// What is not recalled yet of a lane, and what it holds by what is. Each lane has its own: a release in one does not
  /// let go of a message in another, which may be a later one under the same identifier.
  struct recollection {
    log_offset at{};
    log_offset end{};
    std::set<wire::mqtt::packet_id> held{};
  };

  [[nodiscard]] std::uint64_t delivery_of(wire::mqtt::packet_id id) const;
  [[nodiscard]] result<bool> recall(model::lane l);

  journal::journal& log_;
  inbox_options options_;
  std::uint64_t number_;  // of the bridge, where a session of the door has its own
  std::map<wire::mqtt::packet_id, receipt> receipts_;
  std::deque<due> due_;  // bounded by what the other broker may send unacknowledged
  std::optional<std::array<recollection, model::lane_count>> recalling_;
  std::array<log_offset, model::lane_count> forgotten_until_{};
  std::uint64_t stored_ = 0;
};

}  // namespace perigee::readers::bridge

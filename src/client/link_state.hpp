#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"

namespace perigee::client {

/// The one truth about a link (promise P9): the page, the CLI, /metrics and the parent all show this value. A link is
/// the uplink or a bridge; what only one of them has stays as it is here.
struct link_state {
  std::string name = "uplink";  // or "bridge/NAME"
  std::string peer;             // where it goes: "mqtts://cloud:8883"
  bool connected = false;       // records may go: the parent has welcomed this node, the broker has answered
  std::optional<timestamp> connected_since{};
  std::uint64_t sequence = 0;  // of connections made since the node started
  nanoseconds rtt{0};  // of the newest acknowledged batch or message, its commit at the peer included; 0 = none yet
  std::uint64_t records_waiting = 0;    // not yet acknowledged, all lanes
  std::uint64_t bytes_waiting = 0;      // the same as they stand in the journal, estimated from what was read
  nanoseconds oldest_age{0};            // of the oldest of them
  double drain_records_per_second = 0;  // acknowledged, mean of the last five seconds
  double eta_seconds = 0;               // until nothing waits at that rate; 0 = nothing waits, -1 = not draining
  std::uint64_t bytes_sent = 0;         // payloads of batches or messages since start
  std::uint64_t records_sent = 0;       // acknowledged since start
  std::uint64_t records_received = 0;   // stored here since start: what came in by a bridge
  std::uint64_t records_refused = 0;    // by the peer, since start: they are in quarantine
  std::uint64_t forks = 0;              // welcomes since start that said: this journal is another copy
  std::optional<std::int64_t> budget_left_hour_bytes{};  // nothing: no budget; below 0: alarms took more than there was
  std::optional<std::int64_t> budget_left_day_bytes{};
  bool window_open = true;                  // bulk may go, as far as the schedule says
  std::optional<timestamp> window_opens{};  // where it is closed
};

[[nodiscard]] std::string to_json(const link_state& s);

}  // namespace perigee::client

#pragma once
// What a bridge keeps over a restart. docs/formats/bridge-state.md.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "journal/message_reader.hpp"
#include "model/record.hpp"
#include "wire/mqtt/packet.hpp"

namespace perigee::readers::bridge {

/// How far a lane has come on its way out: everything before `at` is behind us, and `number` messages of QoS 1 or 2
/// were among it. The number is what the packet identifier of the next one follows from.
struct progress {
  journal::place at{};
  std::uint64_t number = 0;

  bool operator==(const progress&) const = default;
};

struct lane_state {
  progress completed;  // acknowledged to the end
  /// QoS 2: the other broker has what is before it, and may have been told to let go of it. Never before `completed`.
  progress received;
  log_offset seen{};  // what came in before it and is still held is in `receipts`

  bool operator==(const lane_state&) const = default;
};

struct bridge_state {
  perigee::epoch journal;  // the offsets are its
  std::uint32_t fingerprint = 0;
  std::array<lane_state, model::lane_count> lanes{};
  std::vector<std::string> subscribed{};  // there, in the session that goes on
  /// Messages of QoS 2 that came in and that the other broker has not let go of: in which lane they are stored.
  std::map<wire::mqtt::packet_id, model::lane> receipts{};

  bool operator==(const bridge_state&) const = default;
};

inline constexpr std::uint64_t state_bytes_max = 1U << 20;

[[nodiscard]] byte_buffer encode(const bridge_state& s);
/// errc::corrupt; errc::unsupported for a version that is newer than this program.
[[nodiscard]] result<bridge_state> decode_state(byte_view in);

}  // namespace perigee::readers::bridge

#pragma once
// The broker's state in a file: docs/formats/mqtt-state.md.

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "doors/mqtt/detail/session.hpp"
#include "doors/mqtt/retained.hpp"

namespace perigee::doors::mqtt::detail {

struct saved_session {
  std::string client_id;
  std::string name;
  std::uint64_t number = 0;
  std::uint32_t expiry_s = 0;
  timestamp expires{};
  std::array<place, model::lane_count> places{};
  std::vector<std::pair<std::string, subscription_entry>> subscriptions{};
  std::vector<receipt> receipts{};  // only their id and lane are kept: they are stored, and not released
};

struct saved_state {
  journal::lineage lives{};
  offsets routed{};
  std::vector<saved_session> sessions{};
  std::vector<std::pair<std::string, retained_message>> retained{};
};

/// Appends. Retained messages that are not in the journal are left out.
void encode(const saved_state& state, byte_buffer& out);
/// errc::corrupt, errc::malformed, errc::unsupported for a newer version.
[[nodiscard]] result<saved_state> decode_state(byte_view in);

}  // namespace perigee::doors::mqtt::detail

#pragma once
// The entries of the broker's state as bytes: docs/formats/mqtt-state.md.

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "doors/mqtt/detail/session.hpp"
#include "doors/mqtt/retained.hpp"
#include "doors/mqtt/state_port.hpp"

namespace perigee::doors::mqtt::detail {

struct saved_broker {
  journal::lineage lives{};  // of the journal whose offsets all the entries hold
  offsets routed{};
};

/// A message that a client has not acknowledged to the end.
struct saved_flight {
  wire::mqtt::packet_id id = 0;
  journal_place where{};
  wire::mqtt::qos qos = wire::mqtt::qos::at_least_once;
  bool retained = false;
  bool released = false;    // its PUBREC came: it is owed a PUBREL and no PUBLISH
  std::uint32_t share = 0;  // of the shared subscription that it came by; 0: none
};

struct saved_session {
  std::string name{};
  std::uint64_t number = 0;
  std::uint32_t expiry_s = 0;
  std::optional<timestamp> expires{};                            // none: its client was connected
  std::array<std::optional<place>, model::lane_count> places{};  // none: it stood at the live messages
  std::optional<stored_will> will{};
  std::optional<timestamp> will_due{};
  std::vector<receipt> receipts{};  // only their id and lane are kept: they are stored, and not released
  std::vector<saved_flight> flights{};
};

struct saved_share {
  std::uint32_t number = 0;
  std::array<std::optional<place>, model::lane_count> places{};  // none: it stood at the live messages
  std::vector<journal_place> returned{};                         // by members that are no more
};

[[nodiscard]] state_entry encode(const saved_broker& state);
[[nodiscard]] state_entry encode(std::string_view client_id, const saved_session& state);
[[nodiscard]] state_entry encode(std::string_view client_id, std::string_view filter, const subscription_entry& state);
/// The message must be in the journal.
[[nodiscard]] state_entry encode(std::string_view topic, const retained_message& state);

[[nodiscard]] state_entry encode(std::string_view name, const saved_share& state);

// That there is no such entry any more.
[[nodiscard]] state_entry no_session(std::string_view client_id);
[[nodiscard]] state_entry no_subscription(std::string_view client_id, std::string_view filter);
[[nodiscard]] state_entry no_share(std::string_view name);
[[nodiscard]] state_entry no_retained(std::string_view topic);

struct subscription_key {
  std::string_view client_id;
  std::string_view filter;
};

// errc::corrupt where the checksum does not hold, errc::malformed.
[[nodiscard]] result<saved_broker> decode_broker(byte_view key, byte_view body);
[[nodiscard]] result<saved_session> decode_session(byte_view key, byte_view body);
[[nodiscard]] result<std::pair<subscription_key, subscription_entry>> decode_subscription(byte_view key,
                                                                                          byte_view body);
[[nodiscard]] result<saved_share> decode_share(byte_view key, byte_view body);
/// With views into the body.
[[nodiscard]] result<retained_message> decode_retained(byte_view key, byte_view body);

}  // namespace perigee::doors::mqtt::detail

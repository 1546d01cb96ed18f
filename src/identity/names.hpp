#pragma once
// Names of nodes and devices, as their certificates, policies and the uplink have them.

#include <string_view>

namespace perigee::identity {

/// 1 to limits::identity_name_bytes_max letters, digits, dots, hyphens and underscores, all ASCII.
[[nodiscard]] bool is_name(std::string_view text);
/// A name that may stand as a name constraint (RFC 5280 4.2.1.10): it has no empty label, and leaves room for " CA"
/// behind it and a device before it.
[[nodiscard]] bool is_gateway_name(std::string_view text);
/// Whether the name is of a gateway's device: "press-7.fog-1" of "fog-1". Letters in another case make another name.
[[nodiscard]] bool is_below(std::string_view name, std::string_view gateway);

}  // namespace perigee::identity

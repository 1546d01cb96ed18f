#pragma once

#include <string_view>

namespace perigee::wire::mqtt {

/// The user property in which two nodes of Perigee tell each other their names, in CONNECT and CONNACK.
inline constexpr std::string_view node_property = "perigee-node";

}  // namespace perigee::wire::mqtt

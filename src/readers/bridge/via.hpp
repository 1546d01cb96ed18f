#pragma once
// The marks that bridges leave on messages (MQTT 5): user properties with this node's name. Two nodes that are bridged
// to each other would otherwise send the same message round in circles for ever. A circle has to leave or enter some
// node twice, and each is marked on its own, so that what comes in by one bridge may still go out by another. Where the
// other side is a node and says its name, nothing is sent back that came from there.

#include <string_view>

#include "wire/mqtt/property.hpp"

namespace perigee::readers::bridge {

inline constexpr std::string_view left_property = "perigee-via";
inline constexpr std::string_view entered_property = "perigee-came-to";

/// Whether a message bears a mark of this node.
[[nodiscard]] inline bool is_marked(byte_view properties, std::string_view mark, std::string_view node) {
  wire::mqtt::property_reader reader(properties);
  for (wire::mqtt::property p; reader.next(p);) {
    if (p.id == wire::mqtt::property_id::user_property && p.text == mark && p.value == node) return true;
  }
  return false;
}

/// Whether a bridge of this node has sent it already.
[[nodiscard]] inline bool has_left(byte_view properties, std::string_view node) {
  return is_marked(properties, left_property, node);
}
/// Whether it has come in by a bridge of this node already.
[[nodiscard]] inline bool has_entered(byte_view properties, std::string_view node) {
  return is_marked(properties, entered_property, node);
}

}  // namespace perigee::readers::bridge

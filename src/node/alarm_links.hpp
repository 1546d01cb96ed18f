#pragma once
// What operators do about alarms, on its way down the tiers: docs/formats/alarm-downlink.md.

#include <string_view>

#include "base/bytes.hpp"
#include "node/children.hpp"
#include "readers/alarms/alarms_reader.hpp"

namespace perigee::node {

/// From now on what is done here about a child's alarms goes to that child: at once, and again when it says hello. Both
/// outlive the broker.
void hand_alarms_down(readers::alarms::alarms_reader& alarms, children& below);
/// A message of the parent on `$perigee/downlink/NODE/alarms`; others are left alone.
void hear_of_alarms(readers::alarms::alarms_reader& alarms, std::string_view topic, byte_view message);

}  // namespace perigee::node

#pragma once
// What operators do about alarms, on its way down the tiers: docs/formats/alarm-downlink.md.

#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "node/children.hpp"
#include "node/node.hpp"
#include "readers/alarms/alarms_reader.hpp"

namespace perigee::node {

/// The board of alarms. What is done here about a child's alarms goes to that child: at once, and again when it says
/// hello. All but the answer outlive it, and it the broker's connections.
[[nodiscard]] result<std::unique_ptr<readers::alarms::alarms_reader>> open_alarms(
    const ground& on, io::worker& worker, journal::journal& log, children& below,
    readers::alarms::alarms_options options);
/// A message of the parent on `$perigee/downlink/NODE/alarms`; others are left alone.
void hear_of_alarms(readers::alarms::alarms_reader& alarms, std::string_view topic, byte_view message);

}  // namespace perigee::node

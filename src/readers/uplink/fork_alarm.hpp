#pragma once

#include <string_view>

#include "model/record.hpp"
#include "readers/uplink/protocol.hpp"

namespace perigee::readers::uplink {

/// What parent and child both raise when the parent has records of the child that its journal does not have: an alarm
/// `uplink` with the child as its key, told as a rule's alarms are (docs/rules.md), on the topic alarm/uplink/CHILD.
[[nodiscard]] model::record fork_alarm(std::string_view child, const welcome& found, timestamp now);

}  // namespace perigee::readers::uplink

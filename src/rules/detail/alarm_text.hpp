#pragma once
// How an alarm is told: docs/rules.md, "The header".

#include <optional>
#include <string_view>

#include "rules/action.hpp"
#include "rules/detail/value.hpp"

namespace perigee::rules::detail {

/// {"alarm":..,"key":..,"severity":..,"state":..,"ts":µs,"since":µs MEMBERS,"values":COLUMNS}; nothing where there is
/// no room.
[[nodiscard]] std::optional<std::string_view> alarm_payload(scratch& out, const alarm_action& a,
                                                            std::string_view members, std::string_view columns);

}  // namespace perigee::rules::detail

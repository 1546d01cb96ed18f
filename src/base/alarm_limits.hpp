#pragma once
// The bounds of alarms as an operator sees them (promise P6), as base/limits.hpp has the others.

#include <cstdint>

namespace perigee::limits {

inline constexpr std::uint32_t alarm_group_bytes_max = 128;              // name of a group of alarms
inline constexpr std::uint32_t alarm_groups_max = 1000;                  // whose suppression is remembered
inline constexpr std::uint32_t alarm_trail_max = 64;                     // records of one alarm that its history shows
inline constexpr std::uint32_t alarm_shelve_seconds_default = 8 * 3600;  // MaxTimeShelved where a rule says nothing
inline constexpr std::uint32_t alarm_seconds_max = 7 * 24 * 3600;     // the longest shelving, delay and re-alarm time
inline constexpr std::uint32_t alarm_downlink_bytes_max = 64U << 10;  // of what is handed to a child at once
inline constexpr std::uint32_t alarm_downlinks_max = 64;              // of those, before the board is read

}  // namespace perigee::limits

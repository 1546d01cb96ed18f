#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "alarm/state.hpp"
#include "base/alarm_limits.hpp"
#include "base/bytes.hpp"
#include "base/time.hpp"

namespace perigee::alarm {

/// ISA-18.2's priority.
enum class severity : std::uint8_t { info = 0, warning = 1, critical = 2 };
[[nodiscard]] std::string_view name_of(severity s);

/// What was designed for an alarm, as its raising tells it: docs/alarms.md, "Attributes".
struct attributes {
  bool latch = false;
  bool confirm = false;
  nanoseconds realarm{};                                                                // 0: never
  nanoseconds shelve_max = std::chrono::seconds(limits::alarm_shelve_seconds_default);  // MaxTimeShelved
  std::string group{};                                                                  // that it is a member of
  std::string suppresses{};  // the group that is suppressed while it is active

  bool operator==(const attributes&) const = default;
};

/// What happened to an alarm, as a record of the lane `alarm` tells it: docs/rules.md, "Alarms".
struct telling {
  std::string node{};                            // whose alarm it is; empty: of the node whose record it is
  std::string name{};                            // empty: of the whole group, which is suppressed or not any more
  std::string key{};                             // which machine, line, ...; may be empty
  alarm::severity severity = severity::warning;  // of a deed: as it was when that was done
  event what = event::activate;                  // never `realarm`, which nobody tells
  timestamp at{};
  timestamp since{};                    // when it was raised: tells its activations apart
  attributes with{};                    // of a raising; its group where the name is empty
  std::string values{};                 // a JSON object of what was seen then; may be empty
  std::string by{};                     // who did it; empty: nobody, it is its condition
  std::string comment{};                // of that person
  shelving kind = shelving::unshelved;  // of a shelving
  timestamp until{};                    // when that ends at the latest
};

/// The latest time that may be told, in the year 2198: a duration added to it can still be counted.
inline constexpr timestamp latest_time{7'200'000'000'000'000'000};

/// A person's, not its condition's.
[[nodiscard]] inline bool is_deed(event what) { return what >= event::acknowledge; }

/// Nothing where the payload tells no alarm: anybody may publish to the lane what they like.
[[nodiscard]] std::optional<telling> parse_telling(byte_view payload);
/// The payload that says it.
[[nodiscard]] std::string to_payload(const telling& t);
/// "acknowledged": how a telling says what happened.
[[nodiscard]] std::string_view word_of(event what);

}  // namespace perigee::alarm

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace perigee::alarm {

enum class severity : std::uint8_t { info = 0, warning = 1, critical = 2 };
[[nodiscard]] std::string_view name_of(severity s);

/// What happened to an alarm, as a record of the lane `alarm` tells it: docs/rules.md, "Alarms".
struct telling {
  enum class event : std::uint8_t { raised, cleared, acknowledged };

  std::string node;  // whose alarm it is; empty: of the node whose record it is
  std::string name;
  std::string key;  // which machine, line, ...; may be empty
  alarm::severity severity = severity::warning;
  event what = event::raised;
  timestamp at{};
  timestamp since{};    // when it was raised
  std::string values;   // a JSON object of what was seen then; may be empty
  std::string by;       // who acknowledged or cleared it; empty: nobody, its condition did
  std::string comment;  // of that person
};

/// Nothing where the payload tells no alarm: anybody may publish to the lane what they like.
[[nodiscard]] std::optional<telling> parse_telling(byte_view payload);
/// The payload that says it.
[[nodiscard]] std::string to_payload(const telling& t);

}  // namespace perigee::alarm

#pragma once
// What was designed for an alarm, in the words of ISA-18.2: docs/alarms.md, "Attributes".

#include <chrono>
#include <optional>
#include <string>

namespace perigee::rules::detail {

struct alarm_design {
  std::chrono::nanoseconds on_delay{};   // the condition must be true for that long
  std::chrono::nanoseconds off_delay{};  // and false for that long
  bool latch = false;
  bool confirm = false;
  std::chrono::nanoseconds realarm{};  // 0: never
  std::optional<std::chrono::nanoseconds> shelve_max{};
  std::string group{};
  std::string suppresses{};

  /// As members of the record that tells a raising, each with a comma in front; empty where nothing is out of the
  /// ordinary.
  [[nodiscard]] std::string members() const;
};

}  // namespace perigee::rules::detail

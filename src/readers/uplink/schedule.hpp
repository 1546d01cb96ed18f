#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace perigee::readers::uplink {

/// On these days of the week, from one time of the day to another: "Mon-Fri 22:00-06:00". UTC, so that it means the
/// same everywhere and no hour comes twice. A window whose end is not behind its start ends on the next day.
struct weekly_window {
  std::uint8_t first_day = 0;  // 0 = Monday
  std::uint8_t last_day = 6;   // may be before the first: "Sat-Mon"
  std::uint16_t from_minute = 0;
  std::uint16_t to_minute = 24 * 60;

  bool operator==(const weekly_window&) const = default;
};
/// "DAY HH:MM-HH:MM" or "DAY-DAY HH:MM-HH:MM", days as Mon, Tue, Wed, Thu, Fri, Sat, Sun; 24:00 is a day's end.
/// errc::malformed.
[[nodiscard]] result<weekly_window> parse_window(std::string_view text);

/// When bulk may go up a metered link. Without windows: always.
class schedule {
 public:
  schedule() = default;
  explicit schedule(std::vector<weekly_window> windows) : windows_(std::move(windows)) {}

  [[nodiscard]] bool open(timestamp now) const;
  /// The start of the next window, to the minute; nothing while it is open.
  [[nodiscard]] std::optional<timestamp> opens(timestamp now) const;

 private:
  std::vector<weekly_window> windows_;
};

}  // namespace perigee::readers::uplink

#include "readers/uplink/schedule.hpp"

#include <algorithm>
#include <array>

#include "base/function_ref.hpp"

namespace perigee::readers::uplink {
namespace {

constexpr std::int64_t minute_ns = 60'000'000'000;
constexpr int day_minutes = 24 * 60;
constexpr int week_minutes = 7 * day_minutes;
constexpr std::array<std::string_view, 7> days{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr const char* help = "a window is written as \"Mon-Fri 22:00-06:00\" or \"Sun 00:00-24:00\", in UTC";

std::optional<std::uint8_t> day_of(std::string_view text) {
  const auto found = std::ranges::find(days, text);
  if (found == days.end()) return std::nullopt;
  return static_cast<std::uint8_t>(found - days.begin());
}

/// "HH:MM" in minutes.
std::optional<std::uint16_t> minute_of(std::string_view text) {
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return std::nullopt;
  const int hours = (text[0] - '0') * 10 + (text[1] - '0');
  const int minutes = (text[3] - '0') * 10 + (text[4] - '0');
  const int all = hours * 60 + minutes;
  if (minutes > 59 || all > day_minutes) return std::nullopt;
  return static_cast<std::uint16_t>(all);
}

/// From Monday 00:00. The epoch was a Thursday.
int minute_of_week(timestamp t) {
  const auto minutes = t.ns >= 0 ? t.ns / minute_ns : -((-t.ns + minute_ns - 1) / minute_ns);
  const auto in_week = (minutes + 3 * day_minutes) % week_minutes;
  return static_cast<int>(in_week < 0 ? in_week + week_minutes : in_week);
}

int length_of(const weekly_window& w) {
  const int length = w.to_minute - w.from_minute;
  return length > 0 ? length : length + day_minutes;
}

/// Visits the starts of a window in minutes of the week.
void for_each_start(const weekly_window& w, function_ref<void(int)> visit) {
  for (int day = w.first_day;; day = (day + 1) % 7) {
    visit(day * day_minutes + w.from_minute);
    if (day == w.last_day) return;
  }
}

int minutes_since(int start, int now) { return (now - start + 2 * week_minutes) % week_minutes; }

}  // namespace

result<weekly_window> parse_window(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return fail(errc::malformed, help);
  const auto when = text.substr(0, space);
  const auto times = text.substr(space + 1);
  const auto dash = when.find('-');
  const auto first = day_of(when.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : day_of(when.substr(dash + 1));
  const auto until = times.find('-');
  if (!first || !last || until == std::string_view::npos) return fail(errc::malformed, help);
  const auto from = minute_of(times.substr(0, until));
  const auto to = minute_of(times.substr(until + 1));
  if (!from || !to || *from == day_minutes || *from == *to) return fail(errc::malformed, help);
  return weekly_window{*first, *last, *from, *to};
}

bool schedule::open(timestamp now) const {
  const int at = minute_of_week(now);
  const auto covers = [at](const weekly_window& w) {
    bool inside = false;
    for_each_start(w, [&](int start) { inside = inside || minutes_since(start, at) < length_of(w); });
    return inside;
  };
  return windows_.empty() || std::ranges::any_of(windows_, covers);
}

std::optional<timestamp> schedule::opens(timestamp now) const {
  if (open(now)) return std::nullopt;
  const int at = minute_of_week(now);
  int soonest = week_minutes;
  for (const auto& w : windows_) {
    for_each_start(w, [&](int start) { soonest = std::min(soonest, minutes_since(at, start)); });
  }
  const auto into_minute = ((now.ns % minute_ns) + minute_ns) % minute_ns;
  return timestamp{now.ns - into_minute + soonest * minute_ns};
}

}  // namespace perigee::readers::uplink

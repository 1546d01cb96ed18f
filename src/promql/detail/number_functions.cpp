#include "promql/detail/number_functions.hpp"

#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>

namespace perigee::promql::detail::numbers {
namespace {

using namespace std::chrono;

// Within the years that std::chrono's calendar has.
constexpr double seconds_max = 9e11;

/// `part` of the date and the time of day; NaN for what is no time.
template <class Part>
double part_of(double at, Part part) {
  if (!(std::abs(at) <= seconds_max)) return std::numeric_limits<double>::quiet_NaN();
  const sys_seconds time{seconds(static_cast<std::int64_t>(std::floor(at)))};
  const auto day = floor<days>(time);
  return static_cast<double>(part(year_month_day(day), time - day, day));
}

}  // namespace

double absolute(double x) { return std::abs(x); }
double rounded_up(double x) { return std::ceil(x); }
double rounded_down(double x) { return std::floor(x); }
double sign(double x) { return x < 0 ? -1 : x > 0 ? 1 : x; }
double degrees(double x) { return x * 180 / std::numbers::pi; }
double radians(double x) { return x * std::numbers::pi / 180; }

double minute(double at) {
  return part_of(at, [](auto, auto of_day, auto) { return duration_cast<minutes>(of_day).count() % 60; });
}
double hour(double at) {
  return part_of(at, [](auto, auto of_day, auto) { return duration_cast<hours>(of_day).count(); });
}
double day_of_week(double at) {
  return part_of(at, [](auto, auto, auto day) { return weekday(day).c_encoding(); });
}
double day_of_month(double at) {
  return part_of(at, [](auto date, auto, auto) { return static_cast<unsigned>(date.day()); });
}
double day_of_year(double at) {
  return part_of(at, [](auto date, auto, auto day) { return (day - sys_days(date.year() / January / 1)).count() + 1; });
}
double days_in_month(double at) {
  return part_of(
      at, [](auto date, auto, auto) { return static_cast<unsigned>((date.year() / date.month() / last).day()); });
}
double month(double at) {
  return part_of(at, [](auto date, auto, auto) { return static_cast<unsigned>(date.month()); });
}
double year(double at) {
  return part_of(at, [](auto date, auto, auto) { return static_cast<int>(date.year()); });
}

}  // namespace perigee::promql::detail::numbers

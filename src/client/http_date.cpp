#include "client/http_date.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace perigee::client {
namespace {

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> weekdays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::string_view form = "Sun, 06 Nov 1994 08:49:37 GMT";

/// The digits at a place; nothing where one is none.
std::optional<int> digits_at(std::string_view text, std::size_t at, std::size_t count) {
  int out = 0;
  const auto* begin = text.data() + at;
  const auto [end, failed] = std::from_chars(begin, begin + count, out);
  if (failed != std::errc() || end != begin + count || *begin == '-') return std::nullopt;
  return out;
}

bool has_punctuation(std::string_view text) {
  constexpr std::array<std::size_t, 8> places{3, 4, 7, 11, 16, 19, 22, 25};
  return std::ranges::all_of(places, [&](auto at) { return text[at] == form[at]; }) && text.ends_with(" GMT");
}

}  // namespace

std::optional<timestamp> read_http_date(std::string_view text) {
  if (text.size() != form.size() || !has_punctuation(text)) return std::nullopt;
  const auto* const month = std::ranges::find(months, text.substr(8, 3));
  const auto day = digits_at(text, 5, 2);
  const auto year = digits_at(text, 12, 4);
  const auto hour = digits_at(text, 17, 2);
  const auto minute = digits_at(text, 20, 2);
  const auto second = digits_at(text, 23, 2);
  if (month == months.end() || !std::ranges::contains(weekdays, text.substr(0, 3))) return std::nullopt;
  if (!day || !year || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const auto number = static_cast<unsigned>(month - months.begin()) + 1;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(number),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  constexpr int first_year = 1970;
  constexpr int last_year = 2261;  // what nanoseconds in 64 bits reach
  if (!date.ok() || *year < first_year || *year > last_year) return std::nullopt;
  const nanoseconds since = std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(*hour) +
                            std::chrono::minutes(*minute) + std::chrono::seconds(*second);
  return timestamp{since.count()};
}

}  // namespace perigee::client

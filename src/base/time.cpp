#include "base/time.hpp"

#include <charconv>
#include <format>

#include "base/check.hpp"

namespace perigee {
namespace {

const time_source* installed = nullptr;

constexpr std::int64_t ns_per_second = 1'000'000'000;

/// Takes exactly `width` digits off the front. Unsigned, because a sign is not a digit.
bool take_number(std::string_view& text, std::size_t width, int& out) {
  if (text.size() < width) return false;
  const auto* end = text.data() + width;
  unsigned number = 0;
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return false;
  out = static_cast<int>(number);
  text.remove_prefix(width);
  return true;
}

bool take_char(std::string_view& text, std::string_view any_of) {
  if (text.empty() || !any_of.contains(text.front())) return false;
  text.remove_prefix(1);
  return true;
}

bool take_fraction(std::string_view& text, std::int64_t& ns) {
  if (!take_char(text, ".,")) return true;
  std::int64_t unit = ns_per_second;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    unit /= 10;
    if (unit == 0) return false;
    ns += unit * (text.front() - '0');
    text.remove_prefix(1);
  }
  return unit != ns_per_second;
}

bool take_zone(std::string_view& text, std::int64_t& seconds) {
  if (text.empty() || take_char(text, "Zz")) return true;
  const bool behind = text.front() == '-';
  int hours = 0;
  int minutes = 0;
  if (!take_char(text, "+-") || !take_number(text, 2, hours)) return false;
  if (!take_char(text, ":") || !take_number(text, 2, minutes)) return false;
  if (hours > 23 || minutes > 59) return false;
  seconds -= (behind ? -1 : 1) * (hours * 3600 + minutes * 60);
  return true;
}

}  // namespace

void clock::install(const time_source& source) noexcept { installed = &source; }

const time_source* clock::source() noexcept { return installed; }

clock::time_point clock::now() noexcept {
  PG_CHECK(installed != nullptr, "no clock is installed");
  return time_point(installed->monotonic());
}

timestamp clock::wall() noexcept {
  PG_CHECK(installed != nullptr, "no clock is installed");
  return installed->wall();
}

bool clock::simulated() noexcept { return installed != nullptr && installed->simulated(); }

std::string to_iso8601(timestamp t) {
  const std::chrono::sys_time<nanoseconds> at{nanoseconds(t.ns)};
  const auto whole = std::chrono::floor<std::chrono::seconds>(at);
  auto text = std::format("{:%FT%T}", whole);
  if (const auto rest = (at - whole).count(); rest != 0) {
    auto digits = std::format(".{:09}", rest);
    digits.erase(digits.find_last_not_of('0') + 1);
    text += digits;
  }
  return text + 'Z';
}

result<timestamp> from_iso8601(std::string_view text) {
  const auto bad = fail(errc::malformed, "a time is written like 2026-11-22T10:02:03Z");
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  if (!take_number(text, 4, y) || !take_char(text, "-") || !take_number(text, 2, mo) || !take_char(text, "-"))
    return bad;
  if (!take_number(text, 2, d) || !take_char(text, "Tt ") || !take_number(text, 2, h) || !take_char(text, ":"))
    return bad;
  if (!take_number(text, 2, mi) || !take_char(text, ":") || !take_number(text, 2, s)) return bad;
  const auto day = std::chrono::year(y) / mo / d;
  // int64 nanoseconds reach from 1677 to 2262.
  if (!day.ok() || y < 1678 || y > 2261 || h > 23 || mi > 59 || s > 59) return bad;
  std::int64_t fraction = 0;
  std::int64_t seconds = std::chrono::sys_days(day).time_since_epoch().count() * 86'400LL + h * 3600 + mi * 60 + s;
  if (!take_fraction(text, fraction) || !take_zone(text, seconds) || !text.empty()) return bad;
  return timestamp{seconds * ns_per_second + fraction};
}

}  // namespace perigee

#include "doors/replay/time_format.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "model/payload.hpp"

namespace perigee::doors::replay {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;
constexpr double ns_max = 9.2e18;
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::string_view pattern_letters = "YymdHMSfbz%";

std::unexpected<error> bad() { return fail(errc::malformed, "the text is not a time in the declared format"); }

/// A count of a unit since 1970: exact where it is whole, to the double where it has a fraction.
result<timestamp> from_count(std::string_view cell, std::int64_t ns_per_unit) {
  std::int64_t whole = 0;
  const auto* end = cell.data() + cell.size();
  if (const auto r = std::from_chars(cell.data(), end, whole); r.ec == std::errc() && r.ptr == end) {
    std::int64_t ns = 0;
    if (__builtin_mul_overflow(whole, ns_per_unit, &ns)) return bad();
    return timestamp{ns};
  }
  double real = 0;
  const auto r = std::from_chars(cell.data(), end, real);
  if (r.ec != std::errc() || r.ptr != end || !(std::abs(real) * static_cast<double>(ns_per_unit) < ns_max))
    return bad();
  return timestamp{std::llround(real * static_cast<double>(ns_per_unit))};
}

result<timestamp> from_any_count(std::string_view cell) {
  std::int64_t whole = 0;
  const auto* end = cell.data() + cell.size();
  if (const auto r = std::from_chars(cell.data(), end, whole); r.ec == std::errc() && r.ptr == end) {
    return model::time_from_number(whole);
  }
  double real = 0;
  const auto r = std::from_chars(cell.data(), end, real);
  if (r.ec != std::errc() || r.ptr != end || !std::isfinite(real)) return bad();
  return model::time_from_number(real);
}

/// Reads a cell along a pattern.
class pattern_reader {
 public:
  explicit pattern_reader(std::string_view cell) : rest_(cell) {}

  result<timestamp> run(std::string_view pattern) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      const bool good = pattern[i] == '%' ? letter(pattern[++i]) : literal(pattern[i]);
      if (!good) return bad();
    }
    const auto day = std::chrono::year(year_) / static_cast<unsigned>(month_) / static_cast<unsigned>(day_);
    if (!rest_.empty() || !day.ok() || year_ < 1678 || year_ > 2261) return bad();
    if (hour_ > 23 || minute_ > 59 || second_ > 59) return bad();
    const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
    const std::int64_t seconds = days * 86'400 + hour_ * 3600 + minute_ * 60 + second_ - zone_seconds_;
    return timestamp{seconds * ns_per_second + fraction_ns_};
  }

 private:
  bool letter(char c) {
    switch (c) {
      case 'Y': return number(4, 4, year_);
      case 'y': return number(2, 2, year_) && (year_ += year_ < 69 ? 2000 : 1900, true);  // as POSIX strptime does
      case 'm': return number(1, 2, month_);
      case 'd': return number(1, 2, day_);
      case 'H': return number(1, 2, hour_);
      case 'M': return number(1, 2, minute_);
      case 'S': return number(1, 2, second_);
      case 'f': return fraction();
      case 'b': return month_name();
      case 'z': return zone();
      default: return literal('%');
    }
  }

  bool literal(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool number(std::size_t least, std::size_t most, int& out) {
    std::size_t n = 0;
    while (n < most && n < rest_.size() && rest_[n] >= '0' && rest_[n] <= '9') ++n;
    if (n < least) return false;
    std::from_chars(rest_.data(), rest_.data() + n, out);
    rest_.remove_prefix(n);
    return true;
  }

  bool fraction() {
    std::int64_t unit = ns_per_second;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9' && unit > 1) {
      unit /= 10;
      fraction_ns_ += unit * (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return unit != ns_per_second;
  }

  bool month_name() {
    const auto found = std::ranges::find_if(months, [&](auto name) { return rest_.starts_with(name); });
    if (found == months.end()) return false;
    month_ = static_cast<int>(found - months.begin()) + 1;
    rest_.remove_prefix(found->size());
    return true;
  }

  bool zone() {
    if (literal('Z')) return true;
    const bool behind = rest_.starts_with('-');
    int hours = 0;
    int minutes = 0;
    if ((!literal('-') && !literal('+')) || !number(2, 2, hours)) return false;
    literal(':');
    if (!number(2, 2, minutes) || hours > 23 || minutes > 59) return false;
    zone_seconds_ = (behind ? -1 : 1) * (hours * 3600 + minutes * 60);
    return true;
  }

  std::string_view rest_;
  int year_ = 1970;
  int month_ = 1;
  int day_ = 1;
  int hour_ = 0;
  int minute_ = 0;
  int second_ = 0;
  std::int64_t zone_seconds_ = 0;
  std::int64_t fraction_ns_ = 0;
};

}  // namespace

result<time_format> time_format::from(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, kind>, 6> named{{{"iso8601", kind::iso8601},
                                                                    {"unix", kind::unix},
                                                                    {"unix_s", kind::unix_s},
                                                                    {"unix_ms", kind::unix_ms},
                                                                    {"unix_us", kind::unix_us},
                                                                    {"unix_ns", kind::unix_ns}}};
  for (const auto& [name, k] : named) {
    if (text == name) return time_format(k);
  }
  for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 2)) {
    if (at + 1 == text.size() || !pattern_letters.contains(text[at + 1])) {
      return fail(errc::malformed, "a time format has one of Y y m d H M S f b z % behind each %");
    }
  }
  const bool has_day = text.contains("%d") && (text.contains("%Y") || text.contains("%y"));
  if (!has_day)
    return fail(errc::malformed,
                "a time format is iso8601, unix, unix_s, unix_ms, unix_us, unix_ns or a pattern with %Y and %d");
  return time_format(kind::pattern, std::string(text));
}

std::optional<time_format> time_format::of_sample(std::string_view cell) {
  if (from_iso8601(cell)) return time_format(kind::iso8601);
  // A small number is a reading, not a time: unix times of sensors are of this century.
  constexpr timestamp earliest{946'684'800 * ns_per_second};
  const auto t = from_any_count(cell);
  if (t && *t >= earliest) return time_format(kind::unix);
  return std::nullopt;
}

result<timestamp> time_format::parse(std::string_view cell) const {
  switch (kind_) {
    case kind::iso8601: return from_iso8601(cell);
    case kind::unix: return from_any_count(cell);
    case kind::unix_s: return from_count(cell, ns_per_second);
    case kind::unix_ms: return from_count(cell, 1'000'000);
    case kind::unix_us: return from_count(cell, 1000);
    case kind::unix_ns: return from_count(cell, 1);
    case kind::pattern: return pattern_reader(cell).run(pattern_);
  }
  return bad();
}

}  // namespace perigee::doors::replay

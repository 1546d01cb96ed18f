#include "rules/detail/time_pattern.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>

#include "rules/detail/lexer.hpp"

namespace perigee::rules::detail {
namespace {

using namespace std::chrono;

constexpr std::string_view letters = "yuMdDHhkmsSaEGzVZX";
constexpr std::uint32_t width_max = 9;
constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                  "May",       "June",     "July",     "August",
                                                  "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                               "Thursday", "Friday", "Saturday"};
constexpr std::size_t short_name = 3;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "+01:00"; "Z" for none where `colon` is of ISO 8601.
std::string written_offset(seconds offset, std::string_view between, bool zulu) {
  if (zulu && offset == 0s) return "Z";
  const hh_mm_ss of(abs(offset));
  return std::format("{}{:02}{}{:02}", offset < 0s ? '-' : '+', of.hours().count(), between, of.minutes().count());
}

struct moment {
  year_month_day date;
  weekday day;
  hh_mm_ss<milliseconds> time;
  int day_of_year = 0;
  seconds offset{};
  std::string abbreviation;
};

moment moment_at(milliseconds_since_1970 at, const time_zone& zone) {
  seconds offset = zone.offset;
  auto abbreviation = zone.name;
  if (zone.rule != nullptr) {
    const auto info = zone.rule->get_info(at);
    offset = info.offset;
    abbreviation = info.abbrev;
  }
  const auto local = at + offset;
  const auto midnight = floor<std::chrono::days>(local);
  const year_month_day date(midnight);
  const auto first = sys_days(date.year() / January / 1);
  return {date,   weekday(midnight),      hh_mm_ss(local - midnight), static_cast<int>((midnight - first).count()) + 1,
          offset, std::move(abbreviation)};
}

std::string name_of(std::string_view whole, std::uint32_t width) {
  return std::string(width > short_name ? whole : whole.substr(0, short_name));
}

std::string number(std::int64_t x, std::uint32_t width) { return std::format("{:0{}}", x, width); }

std::string written(char letter, std::uint32_t width, const moment& m) {
  const auto hour = m.time.hours().count();
  switch (letter) {
    case 'y':
    case 'u': return width == 2 ? number(int(m.date.year()) % 100, 2) : number(int(m.date.year()), width);
    case 'M': {
      const auto month = unsigned(m.date.month());
      return width >= short_name ? name_of(months[month - 1], width) : number(month, width);
    }
    case 'd': return number(unsigned(m.date.day()), width);
    case 'D': return number(m.day_of_year, width);
    case 'H': return number(hour, width);
    case 'k': return number(hour == 0 ? 24 : hour, width);
    case 'h': return number(hour % 12 == 0 ? 12 : hour % 12, width);
    case 'm': return number(m.time.minutes().count(), width);
    case 's': return number(m.time.seconds().count(), width);
    case 'S': return (std::format("{:03}", m.time.subseconds().count()) + "000000").substr(0, width);
    case 'a': return hour < 12 ? "AM" : "PM";
    case 'E': return name_of(days[m.day.c_encoding()], width);
    case 'G': return "AD";
    case 'z': return m.abbreviation;
    case 'Z': return written_offset(m.offset, width == 2 ? ":" : "", false);
    case 'X': return written_offset(m.offset, width == 2 ? "" : ":", true);
    default: return m.abbreviation;
  }
}

/// Digits at the front: as many as `width` says where more digits may follow at once, or all there are.
std::optional<int> take_number(std::string_view& text, std::size_t most) {
  std::size_t digits = 0;
  while (digits < std::min(most, text.size()) && is_digit(text[digits])) ++digits;
  int out = 0;
  const auto* end = text.data() + digits;
  if (digits == 0 || std::from_chars(text.data(), end, out).ec != std::errc()) return std::nullopt;
  text.remove_prefix(digits);
  return out;
}

template <std::size_t count>
std::optional<int> take_name(std::string_view& text, const std::array<std::string_view, count>& names) {
  for (const bool whole : {true, false}) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto name = whole ? names[i] : names[i].substr(0, short_name);
      if (!equal_ignoring_case(text.substr(0, name.size()), name)) continue;
      text.remove_prefix(name.size());
      return static_cast<int>(i);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<time_zone> find_time_zone(std::string_view name) {
  if (name == "Z" || name == "UTC" || name == "GMT") return time_zone{};
  auto offset = name;
  for (const std::string_view prefix : {"UTC", "GMT"}) {
    if (offset.starts_with(prefix)) offset.remove_prefix(prefix.size());
  }
  if (offset.starts_with('+') || offset.starts_with('-')) {
    const bool west = offset.front() == '-';
    offset.remove_prefix(1);
    const auto hour = take_number(offset, 2);
    if (offset.starts_with(':')) offset.remove_prefix(1);
    const auto minute = offset.empty() ? std::optional(0) : take_number(offset, 2);
    if (!hour || !minute || !offset.empty() || *hour > 18 || *minute > 59) return std::nullopt;
    const auto east = hours(*hour) + minutes(*minute);
    return time_zone{nullptr, west ? -east : east, std::string(name)};
  }
  // libstdc++ says by an exception that there is none.
  try {
    const auto* rule = locate_zone(name);
    return time_zone{rule, {}, std::string(rule->name())};
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

std::expected<time_pattern, std::string> time_pattern::compile(std::string_view pattern) {
  time_pattern out;
  const auto literal = [&out](std::string_view text) {
    if (out.items_.empty() || out.items_.back().letter != '\0') out.items_.emplace_back();
    out.items_.back().literal += text;
  };
  for (std::size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '\'') {
      const auto end = pattern.find('\'', i + 1);
      if (end == std::string_view::npos) return std::unexpected("a quoted part of the time pattern never ends");
      literal(end == i + 1 ? "'" : pattern.substr(i + 1, end - i - 1));
      i = end + 1;
    } else if (!is_letter(c)) {
      literal(pattern.substr(i++, 1));
    } else if (!letters.contains(c)) {
      return std::unexpected(std::format("'{}' means nothing in a time pattern", c));
    } else {
      const auto end = std::min(pattern.find_first_not_of(c, i), pattern.size());
      if (end - i > width_max) return std::unexpected(std::format("too many '{}' in the time pattern", c));
      out.items_.push_back({c, static_cast<std::uint32_t>(end - i), {}});
      i = end;
    }
  }
  return out;
}

void time_pattern::format(milliseconds_since_1970 at, const time_zone& zone, scratch& out) const {
  const auto moment = moment_at(at, zone);
  for (const auto& one : items_) out.put(one.letter == '\0' ? one.literal : written(one.letter, one.width, moment));
}

struct time_pattern::parsed_time {
  int year = 1970;
  int month = 1;
  int day = 1;
  std::optional<int> day_of_year{};
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
  std::optional<bool> afternoon{};
  time_zone zone{};

  [[nodiscard]] std::optional<milliseconds_since_1970> in_utc() const {
    if (hour > 24 || minute > 59 || second > 59) return std::nullopt;
    const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                              std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return std::nullopt;
    auto midnight = local_days(date);
    if (day_of_year) midnight = local_days(std::chrono::year(year) / January / 1) + std::chrono::days(*day_of_year - 1);
    const int hours_of_day = !afternoon ? hour % 24 : hour % 12 + (*afternoon ? 12 : 0);
    const auto local = midnight + hours(hours_of_day) + minutes(minute) + seconds(second) + milliseconds(millisecond);
    // The hour that is there twice when clocks go back is the first of the two.
    if (zone.rule != nullptr) return zone.rule->to_sys(local, choose::earliest);
    return milliseconds_since_1970(local.time_since_epoch()) - zone.offset;
  }
};

/// The rest of the text behind it; nothing where it does not stand there.
std::optional<std::string_view> time_pattern::take_item(const item& one, std::string_view text, parsed_time& into) {
  const auto digits = [&](int& out, std::size_t most) {
    const auto n = take_number(text, most);
    if (n) out = *n;
    return n.has_value();
  };
  bool good = true;
  switch (one.letter) {
    case '\0': good = text.starts_with(one.literal); break;
    case 'y':
    case 'u':
      good = digits(into.year, one.width == 2 ? 2 : 4);
      if (one.width == 2) into.year += 2000;
      break;
    case 'M': {
      if (one.width < short_name) {
        good = digits(into.month, 2);
        break;
      }
      const auto found = take_name(text, months);
      good = found.has_value();
      into.month = found.value_or(0) + 1;
      break;
    }
    case 'd': good = digits(into.day, 2); break;
    case 'D': good = digits(into.day_of_year.emplace(), 3); break;
    case 'H':
    case 'h':
    case 'k': good = digits(into.hour, 2); break;
    case 'm': good = digits(into.minute, 2); break;
    case 's': good = digits(into.second, 2); break;
    case 'S': {
      const auto before = text;
      int ignored = 0;
      good = digits(ignored, width_max);
      if (!good) break;
      const auto fraction = std::string(before.substr(0, before.size() - text.size())) + "00";
      std::from_chars(fraction.data(), fraction.data() + short_name, into.millisecond);
      break;
    }
    case 'a': {
      constexpr std::array<std::string_view, 2> halves{"AM ", "PM "};
      into.afternoon = equal_ignoring_case(text.substr(0, 2), halves[1].substr(0, 2));
      good = *into.afternoon || equal_ignoring_case(text.substr(0, 2), halves[0].substr(0, 2));
      if (good) text.remove_prefix(2);
      break;
    }
    case 'E': good = take_name(text, days).has_value(); break;
    case 'G': good = text.starts_with("AD") && (text.remove_prefix(2), true); break;
    default: {
      const auto end = std::min(text.find_first_of(" ,;)]"), text.size());
      const auto zone = find_time_zone(text.substr(0, end));
      good = zone.has_value();
      if (good) into.zone = *zone;
      text.remove_prefix(end);
    }
  }
  if (good && one.letter == '\0') text.remove_prefix(one.literal.size());
  return good ? std::optional(text) : std::nullopt;
}

std::optional<milliseconds_since_1970> time_pattern::parse(std::string_view text) const {
  parsed_time found;
  for (const auto& one : items_) {
    const auto rest = take_item(one, text, found);
    if (!rest) return std::nullopt;
    text = *rest;
  }
  return text.empty() ? found.in_utc() : std::nullopt;
}

}  // namespace perigee::rules::detail

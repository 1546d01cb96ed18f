// Times are milliseconds since 1970, as in AWS IoT and eKuiper.

#include <cmath>
#include <format>

#include "base/rules_limits.hpp"
#include "base/time.hpp"
#include "rules/detail/functions.hpp"
#include "rules/detail/time_pattern.hpp"

namespace perigee::rules::detail {
namespace {

using namespace types;
using arguments = function::arguments;

// The years 1 to 9999: what four digits can write.
constexpr double earliest_ms = -62'135'596'800'000;
constexpr double latest_ms = 253'402'300'799'999;
constexpr std::int64_t ns_per_ms = 1'000'000;

struct pattern_and_zone : prepared {
  time_pattern pattern;
  time_zone zone;
};

preparation prepared_pattern(std::string_view pattern, std::string_view zone) {
  if (pattern.size() > limits::rule_pattern_bytes_max) {
    return std::unexpected(std::format("a time pattern has at most {} bytes", limits::rule_pattern_bytes_max));
  }
  auto compiled = time_pattern::compile(pattern);
  if (!compiled) return std::unexpected(std::move(compiled).error());
  auto found = find_time_zone(zone);
  if (!found) return std::unexpected(std::format("no time zone '{}' is known", zone));
  auto made = std::make_unique<pattern_and_zone>();
  made->pattern = std::move(*compiled);
  made->zone = std::move(*found);
  return made;
}

preparation to_write(arguments args) {
  return prepared_pattern(args[0].text, args.size() > 2 ? args[2].text : std::string_view("UTC"));
}
preparation to_read(arguments args) { return prepared_pattern(args[1].text, "UTC"); }

std::optional<milliseconds_since_1970> time_of(const value& ms) {
  if (!(ms.number >= earliest_ms && ms.number <= latest_ms)) return std::nullopt;
  return milliseconds_since_1970(std::chrono::milliseconds(static_cast<std::int64_t>(std::floor(ms.number))));
}

value parse_time(const evaluation& with, arguments args, const prepared& p) {
  const auto at = time_of(args[1]);
  if (!at) return with.wrong();
  const auto& made = static_cast<const pattern_and_zone&>(p);
  with.texts.begin();
  made.pattern.format(*at, made.zone, with.texts);
  return with.made();
}

value time_to_epoch(const evaluation& with, arguments args, const prepared& p) {
  const auto at = static_cast<const pattern_and_zone&>(p).pattern.parse(args[0].text);
  return at ? of_number(static_cast<double>(at->time_since_epoch().count())) : with.wrong();
}

value from_iso(const evaluation& with, arguments args) {
  const auto at = from_iso8601(args[0].text);
  return at ? of_number(static_cast<double>(at->ns / ns_per_ms)) : with.wrong();
}

value to_iso(const evaluation& with, arguments args) {
  const auto at = time_of(args[0]);
  // In nanoseconds the years 1678 to 2262 can be told.
  constexpr double writable_ms = 9'223'372'036'854;
  if (!at || std::abs(args[0].number) > writable_ms) return with.wrong();
  with.texts.begin();
  with.texts.put(to_iso8601(timestamp{at->time_since_epoch().count() * ns_per_ms}));
  return with.made();
}

constexpr std::array<value_type, 3> text_number_text{text, number, text};
constexpr std::uint8_t pattern_and_zone_are_constant = 1U | 1U << 2;
constexpr std::uint8_t second_is_constant = 1U << 1;

constexpr auto table = std::to_array<function>({
    {"parse_time", "parse_time(pattern, ms [, zone])",
     "the time written by the pattern, such as 'yyyy-MM-dd HH:mm:ss', in UTC or the zone", 2, 3, text_number_text, text,
     nullptr, false, false, pattern_and_zone_are_constant, to_write, parse_time},
    {"time_to_epoch", "time_to_epoch(text, pattern)", "the time that the text names by the pattern, ms since 1970", 2,
     2, texts, number, nullptr, false, false, second_is_constant, to_read, time_to_epoch},
    {"to_iso8601", "to_iso8601(ms)", "2026-11-22T10:02:03.5Z", 1, 1, numbers, text, to_iso},
    {"from_iso8601", "from_iso8601(text)", "ms since 1970", 1, 1, texts, number, from_iso},
});

}  // namespace

std::span<const function> time_functions() { return table; }

}  // namespace perigee::rules::detail

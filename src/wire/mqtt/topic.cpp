#include "wire/mqtt/topic.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace perigee::wire::mqtt {
namespace {

bool within_bounds(std::string_view topic) {
  return !topic.empty() && topic.size() <= limits::topic_bytes_max &&
         std::ranges::count(topic, '/') < limits::mqtt_topic_levels_max;
}

}  // namespace

bool is_topic_name(std::string_view topic) {
  return within_bounds(topic) && topic.find_first_of("+#") == std::string_view::npos;
}

bool is_topic_filter(std::string_view filter) { return within_bounds(filter) && has_whole_wildcards(filter); }

bool has_whole_wildcards(std::string_view filter) {
  topic_levels levels(filter);
  for (std::string_view level; levels.next(level);) {
    if (level == "#") return !levels.more;  // MQTT-4.7.1-1
    if (level != "+" && level.find_first_of("+#") != std::string_view::npos) return false;
  }
  return true;
}

bool is_shared_filter(std::string_view filter) { return filter.starts_with("$share/"); }

std::optional<shared_filter> parse_shared(std::string_view filter) {
  if (!is_shared_filter(filter)) return std::nullopt;
  topic_levels levels(filter);
  std::string_view name;
  (void)levels.next(name);  // "$share"
  if (!levels.next(name) || name.empty() || name.find_first_of("+#") != name.npos) return std::nullopt;
  if (!levels.more || !is_topic_filter(levels.rest)) return std::nullopt;
  return shared_filter{name, levels.rest};
}

std::string_view covered_part(std::string_view filter) {
  const auto shared = parse_shared(filter);
  return shared ? shared->filter : filter;
}

bool matches(std::string_view filter, std::string_view topic) {
  if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#'))) return false;
  topic_levels wanted(filter);
  topic_levels given(topic);
  for (std::string_view want; wanted.next(want);) {
    if (want == "#") return true;  // covers the parent level too: MQTT5 4.7.1.2
    std::string_view level;
    if (!given.next(level) || (want != "+" && want != level)) return false;
  }
  return !given.more;
}

}  // namespace perigee::wire::mqtt

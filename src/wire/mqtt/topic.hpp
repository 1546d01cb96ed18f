#pragma once
// Topic names and topic filters (MQTT5 4.7).

#include <optional>
#include <string_view>

namespace perigee::wire::mqtt {

/// One or more characters, no wildcard, at most limits::topic_bytes_max bytes and limits::mqtt_topic_levels_max levels.
/// The text is assumed to be valid UTF-8.
[[nodiscard]] bool is_topic_name(std::string_view topic);
/// Each wildcard is a whole level, and `#` the last (MQTT-4.7.1-1, MQTT-4.7.1-2).
[[nodiscard]] bool has_whole_wildcards(std::string_view filter);
/// The same with `+` as a whole level anywhere and `#` as the whole last level.
[[nodiscard]] bool is_topic_filter(std::string_view filter);
/// `$share/{name}/{filter}` (MQTT5 4.8.2), well-formed or not.
[[nodiscard]] bool is_shared_filter(std::string_view filter);
struct shared_filter {
  std::string_view name;    // whose it is: one or more characters
  std::string_view filter;  // what it covers
};
/// The parts of a valid one; nothing where it is not well-formed (MQTT-4.8.2-1, -2).
[[nodiscard]] std::optional<shared_filter> parse_shared(std::string_view filter);
/// The FILTER of a valid `$share/NAME/FILTER`; any other filter as it is.
[[nodiscard]] std::string_view covered_part(std::string_view filter);
/// Whether a valid filter covers a valid topic. A leading wildcard covers no topic that starts with `$` (MQTT-4.7.2-1).
[[nodiscard]] bool matches(std::string_view filter, std::string_view topic);

/// Takes the first level off `rest`: "a/b/c" gives "a" and leaves "b/c". `more` tells "a" from "a/".
struct topic_levels {
  explicit topic_levels(std::string_view text) : rest(text) {}

  bool next(std::string_view& level) {
    if (!more) return false;
    const auto end = rest.find('/');
    more = end != std::string_view::npos;
    level = rest.substr(0, end);
    rest = more ? rest.substr(end + 1) : std::string_view();
    return true;
  }

  std::string_view rest;
  bool more = true;
};

}  // namespace perigee::wire::mqtt

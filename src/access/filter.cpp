#include "access/filter.hpp"

#include "wire/mqtt/topic.hpp"

namespace perigee::access {
namespace {

using wire::mqtt::topic_levels;

/// MQTT-4.7.2-1: a wildcard in front is for no topic that starts with `$`.
bool hides(std::string_view with_wildcard, std::string_view other) {
  return other.starts_with('$') && (with_wildcard.starts_with('+') || with_wildcard.starts_with('#'));
}

bool is_wildcard(std::string_view level) { return level == "+" || level == "#"; }

}  // namespace

bool covers(std::string_view wide, std::string_view narrow) {
  if (hides(wide, narrow)) return false;
  topic_levels wanted(wide);
  topic_levels given(narrow);
  for (std::string_view want; wanted.next(want);) {
    if (want == "#") return true;  // the parent level too: MQTT5 4.7.1.2
    std::string_view level;
    if (!given.next(level) || level == "#") return false;
    if (want != "+" && want != level) return false;
  }
  return !given.more;
}

bool overlap(std::string_view a, std::string_view b) {
  if (hides(a, b) || hides(b, a)) return false;
  topic_levels left(a);
  topic_levels right(b);
  for (;;) {
    std::string_view x;
    std::string_view y;
    const bool has_x = left.next(x);
    const bool has_y = right.next(y);
    if ((has_x && x == "#") || (has_y && y == "#")) return true;
    if (has_x != has_y) return false;
    if (!has_x) return true;
    if (!is_wildcard(x) && !is_wildcard(y) && x != y) return false;
  }
}

std::string_view without_share(std::string_view filter) {
  if (!wire::mqtt::is_shared_filter(filter)) return filter;
  const auto name = filter.find('/');
  const auto rest = filter.find('/', name + 1);
  return rest == std::string_view::npos ? std::string_view() : filter.substr(rest + 1);
}

}  // namespace perigee::access

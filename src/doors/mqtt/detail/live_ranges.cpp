#include "doors/mqtt/detail/live_ranges.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace perigee::doors::mqtt::detail {

bool live_ranges::takes(log_offset at) const {
  return ranges_.size() < limits::mqtt_live_ranges_max || ranges_.back().end == at;
}

void live_ranges::add(log_offset at) {
  if (!ranges_.empty() && ranges_.back().end == at) {
    ranges_.back().end = at.next();
  } else {
    ranges_.push_back({at, at.next()});
  }
}

log_offset live_ranges::step_over(log_offset at, log_offset limit) {
  while (!ranges_.empty() && ranges_.front().end <= at) ranges_.pop_front();
  if (ranges_.empty() || at < ranges_.front().first || limit <= at) return at;
  auto& front = ranges_.front();
  front.first = std::min(front.end, limit);
  const auto to = front.first;
  if (front.first == front.end) ranges_.pop_front();
  return to;
}

bool live_ranges::holds(log_offset at) const {
  for (const auto& each : ranges_) {
    if (at < each.first) return false;
    if (at < each.end) return true;
  }
  return false;
}

}  // namespace perigee::doors::mqtt::detail

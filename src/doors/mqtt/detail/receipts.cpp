#include "doors/mqtt/detail/receipts.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"

namespace perigee::doors::mqtt::detail {
namespace {

std::pair<wire::mqtt::packet_id, model::lane> key_of(const receipt& r) { return {r.id, r.lane}; }

}  // namespace

receipt* receipts::find(wire::mqtt::packet_id id) {
  const auto at = std::ranges::lower_bound(held_, id, {}, &receipt::id);
  return at != held_.end() && at->id == id ? &*at : nullptr;
}

bool receipts::full() const { return held_.size() >= limits::mqtt_inflight_in_max; }

void receipts::hold(const receipt& r) {
  const auto at = std::ranges::lower_bound(held_, key_of(r), {}, key_of);
  if (at == held_.end() || key_of(*at) != key_of(r)) held_.insert(at, r);
}

void receipts::forget(wire::mqtt::packet_id id, model::lane l) {
  const auto at = std::ranges::lower_bound(held_, std::pair(id, l), {}, key_of);
  if (at != held_.end() && key_of(*at) == std::pair(id, l)) held_.erase(at);
}

}  // namespace perigee::doors::mqtt::detail

#include "doors/mqtt/retained.hpp"

#include "base/limits.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::doors::mqtt {
namespace {

std::size_t bytes_of(std::string_view topic, const retained_message& m) {
  return topic.size() + m.payload.size() + m.properties.size();
}

/// What every topic under the filter starts with.
std::string_view literal_prefix(std::string_view filter) { return filter.substr(0, filter.find_first_of("+#")); }

}  // namespace

bool retained_store::put(std::string_view topic, retained_message message) {
  if (message.payload.empty()) {
    remove(topic);
    return true;
  }
  const auto found = messages_.find(topic);
  const auto freed = found == messages_.end() ? 0 : bytes_of(topic, found->second);
  const auto added = bytes_of(topic, message);
  const bool is_full = found == messages_.end() && messages_.size() >= limits::mqtt_retained_max;
  if (is_full || bytes_ - freed + added > limits::mqtt_retained_bytes_max) return false;
  bytes_ += added - freed;
  if (found == messages_.end()) {
    messages_.emplace(topic, std::move(message));
  } else {
    found->second = std::move(message);
  }
  return true;
}

void retained_store::remove(std::string_view topic) {
  const auto found = messages_.find(topic);
  if (found == messages_.end()) return;
  bytes_ -= bytes_of(topic, found->second);
  messages_.erase(found);
}

bool retained_store::walk(std::string_view filter, const std::optional<std::string>& after, visitor visit) const {
  auto prefix = literal_prefix(filter);
  // "a/#" covers "a" too, which comes before "a/".
  if (prefix.size() + 1 == filter.size() && filter.ends_with("/#")) prefix.remove_suffix(1);
  auto at = after ? messages_.upper_bound(*after) : messages_.lower_bound(prefix);
  for (; at != messages_.end() && at->first.starts_with(prefix); ++at) {
    if (wire::mqtt::matches(filter, at->first) && !visit(at->first, at->second)) return false;
  }
  return true;
}

}  // namespace perigee::doors::mqtt

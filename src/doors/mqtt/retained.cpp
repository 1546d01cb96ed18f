#include "doors/mqtt/retained.hpp"

#include <cstring>
#include <utility>

#include "base/limits.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::doors::mqtt {
namespace {

/// What every topic under the filter starts with.
std::string_view literal_prefix(std::string_view filter) { return filter.substr(0, filter.find_first_of("+#")); }

std::uint8_t* copy(byte_view from, std::uint8_t* to) {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
  return to + from.size();
}

}  // namespace

struct retained_store::header {
  std::int64_t arrival_ns = 0;
  std::uint64_t offset = 0;
  std::uint32_t inner = 0;
  std::uint32_t payload_bytes = 0;
  std::uint16_t topic_bytes = 0;
  std::uint16_t properties_bytes = 0;
  model::lane lane = model::lane::bulk;
  wire::mqtt::qos qos = wire::mqtt::qos::at_most_once;
  bool is_stored = false;
};

static_assert(limits::topic_bytes_max <= UINT16_MAX && limits::properties_bytes_max <= UINT16_MAX);

retained_store::header retained_store::header_of(const packed& p) {
  header h;
  std::memcpy(&h, p.get(), sizeof(h));
  return h;
}

std::string_view retained_store::topic_of(const packed& p) {
  return as_text({p.get() + sizeof(header), header_of(p).topic_bytes});
}

retained_message retained_store::message_of(const packed& p) {
  const auto h = header_of(p);
  const auto* const payload = p.get() + sizeof(header) + h.topic_bytes;
  retained_message out{.payload = {payload, h.payload_bytes},
                       .properties = {payload + h.payload_bytes, h.properties_bytes},
                       .qos = h.qos,
                       .arrival = {h.arrival_ns}};
  if (h.is_stored) out.stored = {h.lane, {log_offset(h.offset), h.inner}};
  return out;
}

std::size_t retained_store::bytes_of(const packed& p) {
  const auto h = header_of(p);
  return std::size_t{h.topic_bytes} + h.payload_bytes + h.properties_bytes;
}

retained_store::packed retained_store::pack(std::string_view topic, const retained_message& m) {
  header h{.arrival_ns = m.arrival.ns,
           .payload_bytes = static_cast<std::uint32_t>(m.payload.size()),
           .topic_bytes = static_cast<std::uint16_t>(topic.size()),
           .properties_bytes = static_cast<std::uint16_t>(m.properties.size()),
           .qos = m.qos};
  if (m.stored) {
    h.is_stored = true;
    h.lane = m.stored->lane;
    h.offset = m.stored->at.offset.value();
    h.inner = m.stored->at.inner;
  }
  auto out =
      std::make_unique_for_overwrite<std::uint8_t[]>(sizeof(h) + topic.size() + m.payload.size() + m.properties.size());
  auto* to = copy({reinterpret_cast<const std::uint8_t*>(&h), sizeof(h)}, out.get());
  to = copy(as_bytes(topic), to);
  copy(m.properties, copy(m.payload, to));
  return out;
}

bool retained_store::put(std::string_view topic, const retained_message& message) {
  if (message.payload.empty()) {
    remove(topic);
    return true;
  }
  const bool kept = put_saved(topic, message);
  if (kept) note(topic);
  return kept;
}

bool retained_store::put_saved(std::string_view topic, const retained_message& message) {
  const auto found = messages_.lower_bound(topic);
  const bool is_new = found == messages_.end() || topic_of(*found) != topic;
  const auto freed = is_new ? 0 : bytes_of(*found);
  const auto added = topic.size() + message.payload.size() + message.properties.size();
  const bool is_full = is_new && messages_.size() >= limits::mqtt_retained_max;
  if (is_full || bytes_ - freed + added > limits::mqtt_retained_bytes_max) return false;
  bytes_ += added - freed;
  auto made = pack(topic, message);
  messages_.insert(is_new ? found : messages_.erase(found), std::move(made));
  return true;
}

void retained_store::remove(std::string_view topic) {
  const auto found = messages_.find(topic);
  if (found == messages_.end()) return;
  note(topic);
  bytes_ -= bytes_of(*found);
  messages_.erase(found);
}

void retained_store::note(std::string_view topic) {
  if (notes_changes_) changed_.emplace(topic);
}

std::optional<retained_message> retained_store::find(std::string_view topic) const {
  const auto found = messages_.find(topic);
  if (found == messages_.end()) return std::nullopt;
  return message_of(*found);
}

void retained_store::clear() {
  messages_.clear();
  changed_.clear();
  bytes_ = 0;
}

bool retained_store::walk(std::string_view filter, const std::optional<std::string>& after, visitor visit) const {
  auto prefix = literal_prefix(filter);
  // "a/#" covers "a" too, which comes before "a/".
  if (prefix.size() + 1 == filter.size() && filter.ends_with("/#")) prefix.remove_suffix(1);
  auto at = after ? messages_.upper_bound(std::string_view(*after)) : messages_.lower_bound(prefix);
  for (; at != messages_.end() && topic_of(*at).starts_with(prefix); ++at) {
    if (wire::mqtt::matches(filter, topic_of(*at)) && !visit(topic_of(*at), message_of(*at))) return false;
  }
  return true;
}

}  // namespace perigee::doors::mqtt

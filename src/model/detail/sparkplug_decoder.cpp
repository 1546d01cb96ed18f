#include "model/detail/sparkplug_decoder.hpp"

#include <utility>

#include "base/limits.hpp"

namespace perigee::model::detail {
namespace {

constexpr std::string_view birth_death_sequence = "bdSeq";  // of the session, not of the plant
constexpr std::uint32_t quality_good = 192;
constexpr std::uint32_t quality_stale = 500;

result<timestamp> time_from(std::optional<std::uint64_t> ms, timestamp otherwise) {
  constexpr std::uint64_t ms_max = INT64_MAX / 1'000'000;
  if (!ms) return otherwise;
  if (*ms > ms_max) return fail(errc::malformed, "the time is outside the years 1677 to 2262");
  return timestamp{static_cast<std::int64_t>(*ms) * 1'000'000};
}

/// 64-bit numbers past the signed range are doubles here.
value_view as_value(const sparkplug::single_value& x) {
  if (const auto* number = std::get_if<std::uint64_t>(&x)) {
    if (*number <= INT64_MAX) return static_cast<std::int64_t>(*number);
    return static_cast<double>(*number);
  }
  return std::visit(
      [](const auto& each) -> value_view {
        if constexpr (std::is_same_v<std::decay_t<decltype(each)>, std::uint64_t>)
          return {};
        else
          return each;
      },
      x);
}

std::pair<quality, std::string_view> quality_of(const sparkplug::metric& m) {
  if (m.is_null) return {quality::bad, "the device sent null"};
  if (!m.quality || *m.quality == quality_good) return {quality::good, ""};
  if (*m.quality == quality_stale) return {quality::uncertain, "the device says it is stale"};
  return {quality::bad, "the device says it is bad"};
}

}  // namespace

result<> sparkplug_decoder::decode(const sparkplug::topic_name& name, byte_view payload, timestamp arrival,
                                   std::string_view scope, payload_decoder::sink each) {
  if (sparkplug::is_command(name.type)) return {};  // what somebody wants is not what is
  found_.clear();
  born_ = {};
  key_.assign(scope).append("\n").append(name.group).append("/").append(name.edge_node);
  PG_TRY(const auto header, sparkplug::decode_header(payload));
  PG_TRY(const auto time, time_from(header.timestamp_ms, arrival));
  if (sparkplug::is_death(name.type)) {
    mourn(name, time, each);
    return {};
  }
  const bool is_birth = sparkplug::is_birth(name.type);
  const auto* known = find(name);
  PG_TRY_VOID(sparkplug::for_each_metric(
      payload, [&](const sparkplug::metric& m) { return read_metric(m, is_birth, known, time); }));
  const auto device = name_device(name, name.device);
  for (const auto& x : found_) each({device, x.name, x.time, x.value, x.quality, x.why});
  if (is_birth) learn(name);
  return {};
}

result<> sparkplug_decoder::read_metric(const sparkplug::metric& m, bool is_birth, const known_device* known,
                                        timestamp otherwise) {
  auto name = m.name;
  if (name.empty() && !is_birth && m.alias && known != nullptr) {
    if (const auto named = known->names.find(*m.alias); named != known->names.end()) name = named->second;
  }
  if (name.empty()) {
    if (is_birth) return fail(errc::malformed, "a birth certificate has a metric without a name");
    return fail(errc::malformed, "no birth certificate is known that names the metric's alias");
  }
  if (name.size() > limits::metric_bytes_max) return fail(errc::too_large, "a metric's name is over 512 bytes");
  auto type = m.type;
  if (is_birth) {
    if (born_.types.size() >= limits::sparkplug_metrics_max) {
      return fail(errc::too_large, "a birth certificate has over 16,384 metrics");
    }
    born_.types.insert_or_assign(std::string(name), type);
    if (m.alias) born_.names.insert_or_assign(*m.alias, std::string(name));
  } else if (type == sparkplug::data_type::unknown && known != nullptr) {
    if (const auto typed = known->types.find(name); typed != known->types.end()) type = typed->second;
  }
  const auto value = m.is_null ? value_view() : as_value(sparkplug::value_as(type, m.value));
  // Data sets, templates and arrays stay in the record as they came.
  const bool single = m.is_null || !std::holds_alternative<std::monostate>(value);
  if (name == birth_death_sequence || !single) return {};
  if (found_.size() >= limits::sparkplug_metrics_max) {
    return fail(errc::too_large, "the payload has over 16,384 metrics");
  }
  PG_TRY(const auto time, time_from(m.timestamp_ms, otherwise));
  const auto [quality, why] = quality_of(m);
  found_.push_back({name, time, value, quality, why});
  return {};
}

/// A device stands under its edge node: "group/edge/device".
std::string_view sparkplug_decoder::name_device(const sparkplug::topic_name& name, std::string_view device) {
  device_.assign(name.group).append("/").append(name.edge_node);
  if (!device.empty()) device_.append("/").append(device);
  return device_;
}

const sparkplug_decoder::known_device* sparkplug_decoder::find(const sparkplug::topic_name& name) const {
  const auto edge = edge_nodes_.find(key_);
  if (edge == edge_nodes_.end()) return nullptr;
  const auto device = edge->second.find(name.device);
  return device == edge->second.end() ? nullptr : &device->second;
}

/// An edge node's birth ends what was known of it and its devices (6.4.5); a device's birth what was known of that one.
void sparkplug_decoder::learn(const sparkplug::topic_name& name) {
  if (const auto edge = edge_nodes_.find(key_); edge != edge_nodes_.end()) {
    const bool all = name.type == sparkplug::message_type::nbirth;
    std::erase_if(edge->second, [&](const auto& each) {
      const auto& [device, known] = each;
      if (!all && device != name.device) return false;
      --devices_;
      metrics_ -= known.types.size();
      return true;
    });
    if (edge->second.empty()) edge_nodes_.erase(edge);
  }
  const auto metrics = metrics_ + born_.types.size();
  if (devices_ >= limits::sparkplug_nodes_max || metrics > limits::sparkplug_known_metrics_max) return;
  ++devices_;
  metrics_ = metrics;
  edge_nodes_[key_].insert_or_assign(std::string(name.device), std::move(born_));
}

/// With an edge node go its devices (5.6.3).
void sparkplug_decoder::mourn(const sparkplug::topic_name& name, timestamp at, payload_decoder::sink each) {
  const auto edge = edge_nodes_.find(key_);
  if (edge == edge_nodes_.end()) return;
  for (const auto& [device, known] : edge->second) {
    if (name.type == sparkplug::message_type::ddeath && device != name.device) continue;
    const auto shown = name_device(name, device);
    for (const auto& [metric, type] : known.types) {
      if (metric == birth_death_sequence) continue;
      each({shown, metric, at, {}, quality::bad, "the edge node or device is offline"});
    }
  }
}

}  // namespace perigee::model::detail

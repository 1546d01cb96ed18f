#include "readers/bridge/topic_map.hpp"

#include "base/bytes.hpp"
#include "base/crc32c.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::readers::bridge {
namespace {

namespace mqtt = wire::mqtt;

/// Whether a rule's whole filter covers the topic and leaves something behind its prefix.
bool covers(const std::string& filter, std::string_view prefix, std::string_view topic) {
  return topic.size() > prefix.size() && topic.starts_with(prefix) && mqtt::matches(filter, topic);
}

}  // namespace

topic_map::topic_map(std::vector<topic_rule> rules) : rules_(std::move(rules)) {
  for (const auto& rule : rules_) {
    local_filters_.push_back(rule.local_filter());
    remote_filters_.push_back(rule.remote_filter());
  }
}

const topic_rule* topic_map::rule_out(std::string_view topic) const {
  if (topic.starts_with('$')) return nullptr;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (rules_[i].goes_out() && covers(local_filters_[i], rules_[i].local_prefix, topic)) return &rules_[i];
  }
  return nullptr;
}

std::optional<mapped> topic_map::out(std::string_view topic) const {
  const auto* rule = rule_out(topic);
  if (rule == nullptr) return std::nullopt;
  return mapped{rule, rule->remote_prefix + std::string(topic.substr(rule->local_prefix.size()))};
}

std::optional<mapped> topic_map::in(std::string_view topic) const {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const auto& rule = rules_[i];
    if (!rule.comes_in() || !covers(remote_filters_[i], rule.remote_prefix, topic)) continue;
    mapped out{&rule, rule.local_prefix + std::string(topic.substr(rule.remote_prefix.size()))};
    if (out.topic.starts_with('$') || !mqtt::is_topic_name(out.topic)) return std::nullopt;
    return out;
  }
  return std::nullopt;
}

std::uint32_t topic_map::fingerprint_out() const {
  byte_buffer all;
  byte_writer w(all);
  for (const auto& rule : rules_) {
    if (!rule.goes_out()) continue;
    w.u8(static_cast<std::uint8_t>(rule.qos));
    w.sized(rule.local_prefix);
    w.sized(rule.filter);
  }
  return crc32c(all);
}

}  // namespace perigee::readers::bridge

#include "wire/mqtt/topic_aliases.hpp"

#include <algorithm>

namespace perigee::wire::mqtt {
namespace {

constexpr std::size_t property_bytes = 3;  // a topic as short as this gains nothing

}  // namespace

decoded<> topic_aliases_in::resolve(publish& message, std::uint16_t alias_max) {
  const auto alias = message.topic_alias.value_or(0);
  if (alias == 0 || alias > alias_max) {
    return refuse(reason::topic_alias_invalid, "the topic alias is zero or over the maximum");  // MQTT-3.3.2-8
  }
  if (topics_.size() < alias) topics_.resize(alias);
  auto& known = topics_[alias - 1U];
  if (!message.topic.empty()) {
    known.assign(message.topic);
  } else if (known.empty()) {
    return refuse(reason::protocol_error, "the topic alias is not set");
  }
  message.topic = known;
  return {};
}

topic_aliases_out::choice topic_aliases_out::choose(std::string_view topic) const {
  if (off() || topic.size() <= property_bytes) return {};
  const auto known = std::ranges::find(topics_, topic);
  const auto alias = static_cast<std::uint16_t>(known - topics_.begin() + 1);
  if (known != topics_.end()) return {alias, false};
  return alias <= alias_max_ ? choice{alias, true} : choice{};
}

}  // namespace perigee::wire::mqtt

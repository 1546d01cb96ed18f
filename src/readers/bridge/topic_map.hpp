#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/mqtt/packet.hpp"

namespace perigee::readers::bridge {

enum class direction : std::uint8_t { out, in, both };

/// One line of a bridge's topic map, read as Mosquitto reads its own: what is called local_prefix + T here is called
/// remote_prefix + T there, for each T that the filter covers.
struct topic_rule {
  std::string filter;
  bridge::direction direction = direction::out;
  /// With which messages are sent, and asked for, whatever they were published with.
  wire::mqtt::qos qos = wire::mqtt::qos::at_least_once;
  std::string local_prefix{};
  std::string remote_prefix{};
  bool retain = true;  // false: messages lose their RETAIN flag

  [[nodiscard]] bool goes_out() const { return direction != direction::in; }
  [[nodiscard]] bool comes_in() const { return direction != direction::out; }
  /// What it covers here and there.
  [[nodiscard]] std::string local_filter() const { return local_prefix + filter; }
  [[nodiscard]] std::string remote_filter() const { return remote_prefix + filter; }
};

/// A message's way through a bridge.
struct mapped {
  const topic_rule* rule = nullptr;
  std::string topic;  // on the other side
};

/// Which topics pass a bridge, and what they are called on the other side. The first rule that covers a topic decides.
/// A topic that starts with `$` here neither leaves nor arrives: those belong to this node.
class topic_map {
 public:
  explicit topic_map(std::vector<topic_rule> rules);

  [[nodiscard]] const std::vector<topic_rule>& rules() const { return rules_; }
  /// From a topic here. Nothing where it does not pass.
  [[nodiscard]] std::optional<mapped> out(std::string_view topic) const;
  /// From a topic there. Nothing where it does not pass or would be no topic here.
  [[nodiscard]] std::optional<mapped> in(std::string_view topic) const;
  /// Whether `out` gives something.
  [[nodiscard]] bool leaves(std::string_view topic) const { return rule_out(topic) != nullptr; }
  /// The same rules give the same number: two maps that number what leaves alike.
  [[nodiscard]] std::uint32_t fingerprint_out() const;

 private:
  [[nodiscard]] const topic_rule* rule_out(std::string_view topic) const;

  std::vector<topic_rule> rules_;
  std::vector<std::string> local_filters_;  // of each rule, its prefix included
  std::vector<std::string> remote_filters_;
};

}  // namespace perigee::readers::bridge

#pragma once
// Topics of Sparkplug B 3.0 (chapter 4): spBv1.0/GROUP/TYPE/EDGE_NODE[/DEVICE].

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace perigee::model::sparkplug {

inline constexpr std::string_view topic_namespace = "spBv1.0";

enum class message_type : std::uint8_t { nbirth, ndeath, dbirth, ddeath, ndata, ddata, ncmd, dcmd };

[[nodiscard]] constexpr bool is_birth(message_type t) { return t == message_type::nbirth || t == message_type::dbirth; }
[[nodiscard]] constexpr bool is_death(message_type t) { return t == message_type::ndeath || t == message_type::ddeath; }
[[nodiscard]] constexpr bool is_command(message_type t) { return t == message_type::ncmd || t == message_type::dcmd; }

/// A topic in its parts. Views into the topic.
struct topic_name {
  std::string_view group;
  message_type type{};
  std::string_view edge_node;
  std::string_view device;  // empty where the message is the edge node's own
};

/// Nothing for every other topic, `spBv1.0/STATE/HOST` (which carries JSON) among them.
[[nodiscard]] std::optional<topic_name> parse_topic(std::string_view topic);

/// What an aware server publishes of its own, for anybody to subscribe to.
inline constexpr std::string_view server_topics = "$sparkplug/";

/// Where an aware server keeps a birth certificate as a retained message (10.2.2, tck-id-conformance-mqtt-aware-*):
/// `$sparkplug/certificates/` and the birth's topic. Nothing for other topics.
[[nodiscard]] std::optional<std::string> certificate_topic(std::string_view topic);

}  // namespace perigee::model::sparkplug

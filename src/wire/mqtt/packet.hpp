#pragma once
// The fifteen control packets of MQTT 3.1, 3.1.1 and 5.0 (MQTT5 3), as views into what was received or is to be sent.
// decode checks everything the specification says about a packet on its own; what depends on the connection
// (windows, aliases, who may send it) is server_connection's and client_connection's.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "wire/mqtt/property.hpp"
#include "wire/mqtt/reason.hpp"

namespace perigee::wire::mqtt {

/// As in the CONNECT packet. 3.1 (`MQIsdp`) behaves as 3.1.1.
enum class protocol_version : std::uint8_t { v3_1 = 3, v3_1_1 = 4, v5 = 5 };

enum class qos : std::uint8_t { at_most_once = 0, at_least_once = 1, exactly_once = 2 };

using packet_id = std::uint16_t;  // 0: none

struct will_message {
  std::string_view topic{};
  byte_view payload{};
  mqtt::qos qos = qos::at_most_once;
  bool retain = false;
  byte_view properties{};
};

struct connect {
  protocol_version version = protocol_version::v5;
  bool clean_start = true;  // "clean session" before 5.0
  std::uint16_t keep_alive_s = 0;
  std::string_view client_id{};
  std::optional<will_message> will{};
  std::optional<std::string_view> user_name{};
  std::optional<byte_view> password{};
  byte_view properties{};
};

struct connack {
  bool session_present = false;
  reason code = reason::success;
  byte_view properties{};
};

struct publish {
  std::string_view topic{};  // empty where a topic alias stands for it
  byte_view payload{};
  mqtt::packet_id packet_id = 0;
  mqtt::qos qos = qos::at_most_once;
  bool retain = false;
  bool duplicate = false;
  byte_view properties{};
  std::optional<std::uint16_t> topic_alias{};  // also in `properties`; encode takes it from there
};

/// PUBACK, PUBREC, PUBREL, PUBCOMP.
struct acknowledgement {
  packet_type type = packet_type::puback;
  mqtt::packet_id packet_id = 0;
  reason code = reason::success;
  byte_view properties{};
};

enum class retain_handling : std::uint8_t { send = 0, send_if_new = 1, never = 2 };

/// One filter of a SUBSCRIBE with its options (MQTT5 3.8.3.1), or of an UNSUBSCRIBE, where the options say nothing.
struct subscription {
  std::string_view filter{};
  mqtt::qos qos = qos::at_most_once;
  bool no_local = false;
  bool retain_as_published = false;
  retain_handling retained = retain_handling::send;
};

struct subscribe {
  mqtt::packet_id packet_id = 0;
  byte_view properties{};
  byte_view filters{};  // in wire form, at least one: subscription_reader
};

struct unsubscribe {
  mqtt::packet_id packet_id = 0;
  byte_view properties{};
  byte_view filters{};  // in wire form, at least one: subscription_reader
};

/// SUBACK and UNSUBACK; one code per filter (an UNSUBACK before 5.0 has none).
struct subscription_ack {
  packet_type type = packet_type::suback;
  mqtt::packet_id packet_id = 0;
  byte_view codes{};
  byte_view properties{};
};

/// PINGREQ and PINGRESP.
struct ping {
  packet_type type = packet_type::pingreq;
};

struct disconnect {
  reason code = reason::success;
  byte_view properties{};
};

struct auth {
  reason code = reason::success;
  byte_view properties{};
};

using packet = std::variant<connect, connack, publish, acknowledgement, subscribe, subscription_ack, unsubscribe, ping,
                            disconnect, auth>;

/// Walks the filters of a decoded SUBSCRIBE or UNSUBSCRIBE.
class subscription_reader {
 public:
  explicit subscription_reader(const subscribe& of) : rest_(of.filters), has_options_(true) {}
  explicit subscription_reader(const unsubscribe& of) : rest_(of.filters), has_options_(false) {}
  [[nodiscard]] bool next(subscription& out);

 private:
  byte_view rest_;
  bool has_options_;
};
/// Appends one filter in wire form, for `subscribe::filters`; `unsubscribe::filters` are bare strings.
void append_filter(byte_buffer& out, const subscription& s);
void append_filter(byte_buffer& out, std::string_view filter);

/// Decodes one whole packet: its first byte and what follows the remaining length. Views point into `body`. `version`
/// is the connection's; a CONNECT brings its own.
[[nodiscard]] decoded<packet> decode(std::uint8_t first_byte, byte_view body, protocol_version version);
/// What can be said of a packet by its first byte alone, while the rest of it is on its way.
[[nodiscard]] bool may_start_packet(std::uint8_t first_byte, protocol_version version);
/// How to refuse a CONNECT that does not decode: as its level says, and in the words of 5.0 where that is of no version
/// (MQTT5 3.1.2.2). The levels of a Mosquitto bridge, 3 or 4 with the high bit, are of a 3.1.1 client.
[[nodiscard]] protocol_version version_to_refuse_in(byte_view connect_body);
/// The hot path alone: a PUBLISH.
[[nodiscard]] decoded<publish> decode_publish(std::uint8_t first_byte, byte_view body, protocol_version version);

/// Appends the packet in wire form. Strings, blocks and the whole must be within what a packet holds (65,535 bytes a
/// string, 268,435,455 the rest); the caller's own limits are far below.
void encode(const connect& p, byte_buffer& out);
void encode(const connack& p, protocol_version version, byte_buffer& out);
void encode(const publish& p, protocol_version version, byte_buffer& out);
void encode(const acknowledgement& p, protocol_version version, byte_buffer& out);
void encode(const subscribe& p, protocol_version version, byte_buffer& out);
void encode(const subscription_ack& p, protocol_version version, byte_buffer& out);
void encode(const unsubscribe& p, protocol_version version, byte_buffer& out);
void encode(const ping& p, byte_buffer& out);
void encode(const disconnect& p, protocol_version version, byte_buffer& out);
void encode(const auth& p, byte_buffer& out);
void encode(const packet& p, protocol_version version, byte_buffer& out);

/// A PUBLISH of MQTT 5 with a Topic Alias in front of its properties, which have none (MQTT5 3.3.2.3.4).
void encode_aliased(const publish& p, std::uint16_t alias, byte_buffer& out);

/// Bytes of a block of properties with the length in front of it; none before 5.0.
[[nodiscard]] std::size_t properties_size(byte_view properties, protocol_version version);
/// Bytes that encode() appends for a PUBLISH.
[[nodiscard]] std::size_t encoded_size(const publish& p, protocol_version version);
/// Bytes that encode_aliased() appends.
[[nodiscard]] std::size_t encoded_size_aliased(const publish& p);

}  // namespace perigee::wire::mqtt

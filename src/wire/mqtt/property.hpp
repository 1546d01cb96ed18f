#pragma once
// Properties of MQTT 5 (2.2.2). They stay in their wire form, a checked byte_view; whoever needs one walks the block.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "wire/mqtt/reason.hpp"

namespace perigee::wire::mqtt {

enum class packet_type : std::uint8_t {
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  subscribe = 8,
  suback = 9,
  unsubscribe = 10,
  unsuback = 11,
  pingreq = 12,
  pingresp = 13,
  disconnect = 14,
  auth = 15,
};

enum class property_id : std::uint8_t {
  payload_format_indicator = 0x01,
  message_expiry_interval = 0x02,
  content_type = 0x03,
  response_topic = 0x08,
  correlation_data = 0x09,
  subscription_identifier = 0x0b,
  session_expiry_interval = 0x11,
  assigned_client_identifier = 0x12,
  server_keep_alive = 0x13,
  authentication_method = 0x15,
  authentication_data = 0x16,
  request_problem_information = 0x17,
  will_delay_interval = 0x18,
  request_response_information = 0x19,
  response_information = 0x1a,
  server_reference = 0x1c,
  reason_string = 0x1f,
  receive_maximum = 0x21,
  topic_alias_maximum = 0x22,
  topic_alias = 0x23,
  maximum_qos = 0x24,
  retain_available = 0x25,
  user_property = 0x26,
  maximum_packet_size = 0x27,
  wildcard_subscription_available = 0x28,
  subscription_identifier_available = 0x29,
  shared_subscription_available = 0x2a,
};

struct property {
  property_id id{};
  std::uint32_t number = 0;  // of those that are a number
  std::string_view text{};   // a string, binary data, or the name of a user property
  std::string_view value{};  // the value of a user property
};

/// Where a block stands: a packet type, or the will inside a CONNECT.
enum class property_place : std::uint8_t { will = 0 };
[[nodiscard]] constexpr property_place place_of(packet_type type) { return static_cast<property_place>(type); }

/// Every property is known, allowed in this place, in its range, and there once unless it may repeat. Otherwise
/// malformed_packet or protocol_error, as MQTT5 2.2.2.2 says.
[[nodiscard]] decoded<> check_properties(byte_view block, property_place place);

/// Walks a block that check_properties has passed.
class property_reader {
 public:
  explicit property_reader(byte_view block) : rest_(block) {}
  [[nodiscard]] bool next(property& out);
  /// The wire bytes of the property that `next` gave last.
  [[nodiscard]] byte_view raw() const { return raw_; }

 private:
  byte_view rest_;
  byte_view raw_;
};

[[nodiscard]] std::optional<property> find_property(byte_view block, property_id id);
[[nodiscard]] std::optional<std::uint32_t> find_number(byte_view block, property_id id);
/// The value of the first user property of that name.
[[nodiscard]] std::optional<std::string_view> find_user_property(byte_view block, std::string_view name);

/// Appends properties in wire form to a caller's buffer, without the length in front of the block.
class property_writer {
 public:
  explicit property_writer(byte_buffer& out) : out_(out) {}

  property_writer& number(property_id id, std::uint32_t x);
  property_writer& text(property_id id, std::string_view x);
  property_writer& user(std::string_view name, std::string_view value);

 private:
  byte_buffer& out_;
};

}  // namespace perigee::wire::mqtt

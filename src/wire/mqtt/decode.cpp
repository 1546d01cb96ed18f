#include <array>

#include "wire/mqtt/detail/wire.hpp"
#include "wire/mqtt/packet.hpp"
#include "wire/mqtt/text.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::wire::mqtt {
namespace {

using detail::wire_reader;

constexpr const char* cut_short = "the packet is shorter than its fields";
constexpr const char* excess = "bytes follow the last field";
constexpr const char* wrong_flags = "the flags of the fixed header are not this packet's";

/// MQTT5 2.1.3: every type but PUBLISH has fixed flags. In MQTT 3.1 (2.1) the requests have QoS 1 and may have DUP, and
/// the flags of all others are not used.
bool has_right_flags(packet_type type, std::uint8_t flags, protocol_version version) {
  const bool is_request =
      type == packet_type::pubrel || type == packet_type::subscribe || type == packet_type::unsubscribe;
  if (type == packet_type::publish) return true;
  if (version == protocol_version::v3_1) return !is_request || (flags & 6) == 2;
  return flags == (is_request ? 2 : 0);
}

/// The properties at the reader's place, checked; empty before 5.0, where there are none.
decoded<byte_view> take_properties(wire_reader& in, protocol_version version, property_place place) {
  if (version != protocol_version::v5) return byte_view();
  const auto block = in.bytes(in.varint());
  if (!in.ok()) return malformed("the properties are longer than the packet");
  if (block.empty()) return block;
  if (auto ok = check_properties(block, place); !ok) return std::unexpected(ok.error());
  return block;
}

/// Codes that a packet may carry (the tables under
/// MQTT5 3.2.2.2, 3.4.2.1, 3.5.2.1, 3.6.2.1, 3.7.2.1, 3.14.2.1, 3.15.2.1).
bool is_code_of(packet_type type, reason code) {
  using enum reason;
  const auto value = static_cast<std::uint8_t>(code);
  switch (type) {
    case packet_type::connack:
      return code == success || (value >= 0x80 && value <= 0x8a) || code == bad_authentication_method ||
             code == topic_name_invalid || code == packet_too_large || code == quota_exceeded ||
             (value >= 0x99 && value <= 0x9d) || code == connection_rate_exceeded;
    case packet_type::puback:
    case packet_type::pubrec:
      return code == success || code == no_matching_subscribers || code == unspecified_error ||
             code == implementation_specific_error || code == not_authorized || code == topic_name_invalid ||
             code == packet_identifier_in_use || code == quota_exceeded || code == payload_format_invalid;
    case packet_type::pubrel:
    case packet_type::pubcomp: return code == success || code == packet_identifier_not_found;
    case packet_type::disconnect:
      return code == success || code == disconnect_with_will || (value >= 0x80 && value <= 0x83) ||
             code == not_authorized || code == server_busy || code == server_shutting_down ||
             (value >= 0x8d && value <= 0x90) || (value >= 0x93 && value <= 0xa2);
    case packet_type::auth: return code == success || code == continue_authentication || code == re_authenticate;
    default: return true;
  }
}

decoded<protocol_version> take_version(wire_reader& in) {
  const auto name = in.text();
  const auto level = in.u8();
  if (!in.ok()) return malformed(cut_short);
  if (name != "MQTT" && name != "MQIsdp") return malformed("the protocol name is not MQTT");
  if (name == "MQIsdp" && level == 3) return protocol_version::v3_1;
  if (name == "MQTT" && (level == 4 || level == 5)) return static_cast<protocol_version>(level);
  return refuse(reason::unsupported_protocol_version, "the protocol version is not 3.1, 3.1.1 or 5.0");
}

/// A wildcard makes it malformed, which our own bounds do not (MQTT-3.3.2-2, MQTT-3.1.3-11; MQTT5 2.4: 0x90).
decoded<> check_topic(std::string_view topic) {
  if (!is_valid_text(topic)) return malformed("the topic is not UTF-8 text");
  if (topic.find_first_of("+#") != std::string_view::npos) return malformed("the topic has a wildcard");
  if (!is_topic_name(topic)) return refuse(reason::topic_name_invalid, "the topic is empty or too long");
  return {};
}

decoded<will_message> take_will(wire_reader& in, std::uint8_t flags, protocol_version version) {
  will_message will;
  will.qos = static_cast<qos>((flags >> 3) & 3);
  will.retain = (flags & 0x20) != 0;
  auto properties = take_properties(in, version, property_place::will);
  if (!properties) return std::unexpected(properties.error());
  will.properties = *properties;
  will.topic = in.text();
  will.payload = in.binary();
  if (!in.ok()) return malformed(cut_short);
  if (auto ok = check_topic(will.topic); !ok) return std::unexpected(ok.error());
  return will;
}

decoded<> check_connect_flags(std::uint8_t flags, protocol_version version) {
  const bool has_will = (flags & 0x04) != 0;
  const auto will_bits = flags & 0x38;
  if ((flags & 0x01) != 0 && version != protocol_version::v3_1) {  // MQTT-3.1.2-3; 3.1 does not use it
    return malformed("the reserved flag of CONNECT is set");
  }
  if (!has_will && will_bits != 0) return malformed("will flags are set and there is no will");  // MQTT-3.1.2-11
  if ((will_bits & 0x18) == 0x18) return malformed("the will has QoS 3");                        // MQTT-3.1.2-12
  const bool password_alone = (flags & 0xc0) == 0x40;
  if (password_alone && version != protocol_version::v5) return malformed("a password without a user name");
  return {};
}

decoded<> take_credentials(wire_reader& in, std::uint8_t flags, connect& out) {
  if ((flags & 0x80) != 0) out.user_name = in.text();
  if ((flags & 0x40) != 0) out.password = in.binary();
  if (!in.ok()) return malformed(cut_short);
  if (!in.done()) return malformed(excess);
  if (out.user_name && !is_valid_text(*out.user_name)) return malformed("the user name is not UTF-8 text");
  return {};
}

decoded<packet> decode_connect(std::uint8_t header_flags, byte_view body) {
  wire_reader in(body);
  connect out;
  const auto version = take_version(in);
  if (!version) return std::unexpected(version.error());
  out.version = *version;
  if (!has_right_flags(packet_type::connect, header_flags, out.version)) return malformed(wrong_flags);
  const auto flags = in.u8();
  out.keep_alive_s = in.u16();
  if (!in.ok()) return malformed(cut_short);
  if (auto ok = check_connect_flags(flags, out.version); !ok) return std::unexpected(ok.error());
  out.clean_start = (flags & 0x02) != 0;
  auto properties = take_properties(in, out.version, place_of(packet_type::connect));
  if (!properties) return std::unexpected(properties.error());
  out.properties = *properties;
  if (find_property(out.properties, property_id::authentication_data) &&
      !find_property(out.properties, property_id::authentication_method)) {
    return refuse(reason::protocol_error, "authentication data without a method");  // MQTT5 3.1.2.11.10
  }
  out.client_id = in.text();
  if (!in.ok()) return malformed(cut_short);
  if (!is_valid_text(out.client_id)) {
    return refuse(reason::client_identifier_not_valid, "the client identifier is not UTF-8 text");
  }
  if ((flags & 0x04) != 0) {
    auto will = take_will(in, flags, out.version);
    if (!will) return std::unexpected(will.error());
    out.will = *will;
  }
  if (auto ok = take_credentials(in, flags, out); !ok) return std::unexpected(ok.error());
  return out;
}

/// MQTT 3.1.1 3.2.2.3
reason connack_code_before_5(std::uint8_t value) {
  constexpr std::array codes{reason::success,
                             reason::unsupported_protocol_version,
                             reason::client_identifier_not_valid,
                             reason::server_unavailable,
                             reason::bad_user_name_or_password,
                             reason::not_authorized};
  return value < codes.size() ? codes[value] : reason::unspecified_error;
}

decoded<packet> decode_connack(byte_view body, protocol_version version) {
  wire_reader in(body);
  connack out;
  const auto flags = in.u8();
  const auto code = in.u8();
  if (!in.ok()) return malformed(cut_short);
  if (flags > 1) return malformed("reserved flags of CONNACK are set");  // MQTT-3.2.2-1
  out.session_present = flags == 1;
  out.code = version == protocol_version::v5 ? static_cast<reason>(code) : connack_code_before_5(code);
  if (!is_code_of(packet_type::connack, out.code)) return malformed("CONNACK does not have this reason code");
  auto properties = take_properties(in, version, place_of(packet_type::connack));
  if (!properties) return std::unexpected(properties.error());
  out.properties = *properties;
  if (!in.exhausted()) return malformed(excess);
  return out;
}

decoded<packet> decode_acknowledgement(packet_type type, byte_view body, protocol_version version) {
  wire_reader in(body);
  acknowledgement out;
  out.type = type;
  out.packet_id = in.u16();
  if (!in.ok()) return malformed(cut_short);
  if (out.packet_id == 0) return refuse(reason::protocol_error, "the packet identifier is zero");
  if (version == protocol_version::v5 && !in.done()) {
    out.code = static_cast<reason>(in.u8());
    if (!is_code_of(type, out.code)) return malformed("the acknowledgement does not have this reason code");
    if (!in.done()) {  // MQTT5 3.4.2.2.1: left out where there are none
      auto properties = take_properties(in, version, place_of(type));
      if (!properties) return std::unexpected(properties.error());
      out.properties = *properties;
    }
  }
  if (!in.exhausted()) return malformed(excess);
  return out;
}

decoded<> check_options(std::uint8_t options, std::string_view filter, protocol_version version) {
  if ((options & 3) == 3) return malformed("a subscription has QoS 3");
  if (version != protocol_version::v5) {
    if ((options & 0xfc) != 0) return malformed("reserved bits of the requested QoS are set");
    return {};
  }
  if ((options & 0xc0) != 0) return malformed("reserved subscription options are set");  // MQTT-3.8.3-5
  if ((options & 0x30) == 0x30) return refuse(reason::protocol_error, "retain handling is 3");
  if ((options & 0x04) != 0 && is_shared_filter(filter)) {
    return refuse(reason::protocol_error, "no local on a shared subscription");  // MQTT-3.8.3-4
  }
  return {};
}

/// Checks the list of a SUBSCRIBE or UNSUBSCRIBE. Whether a filter is well-formed is answered per filter, by the
/// broker.
decoded<byte_view> take_filters(wire_reader& in, bool with_options, protocol_version version) {
  const auto all = in.rest();
  if (all.empty()) return refuse(reason::protocol_error, "there is no topic filter");  // MQTT-3.8.3-2
  while (!in.done()) {
    const auto filter = in.text();
    const std::uint8_t options = with_options ? in.u8() : std::uint8_t{0};
    if (!in.ok()) return malformed(cut_short);
    if (filter.empty() || !is_valid_text(filter)) return malformed("a topic filter is empty or not UTF-8 text");
    if (auto ok = check_options(options, filter, version); !ok) return std::unexpected(ok.error());
    // MQTT 3.1.1 4.8.0-1: it has no answer for a filter that is none. 5 has 0x8F, which the broker gives.
    if (version != protocol_version::v5 && !has_whole_wildcards(filter))
      return malformed("a filter is not well-formed");
  }
  return all;
}

template <class Request>
decoded<packet> decode_request(packet_type type, byte_view body, protocol_version version) {
  wire_reader in(body);
  Request out;
  out.packet_id = in.u16();
  if (!in.ok()) return malformed(cut_short);
  if (out.packet_id == 0) return refuse(reason::protocol_error, "the packet identifier is zero");  // MQTT-2.2.1-3
  auto properties = take_properties(in, version, place_of(type));
  if (!properties) return std::unexpected(properties.error());
  out.properties = *properties;
  auto filters = take_filters(in, type == packet_type::subscribe, version);
  if (!filters) return std::unexpected(filters.error());
  out.filters = *filters;
  return out;
}

decoded<packet> decode_subscription_ack(packet_type type, byte_view body, protocol_version version) {
  wire_reader in(body);
  subscription_ack out;
  out.type = type;
  out.packet_id = in.u16();
  if (!in.ok()) return malformed(cut_short);
  auto properties = take_properties(in, version, place_of(type));
  if (!properties) return std::unexpected(properties.error());
  out.properties = *properties;
  out.codes = in.rest();
  const bool has_codes = type == packet_type::suback || version == protocol_version::v5;
  if (out.packet_id == 0 || out.codes.empty() == has_codes) return malformed("an acknowledgement without its codes");
  return out;
}

/// DISCONNECT and AUTH: both may leave out what is zero (MQTT5 3.14.2.1, 3.15.2.1).
template <class Packet>
decoded<packet> decode_parting(packet_type type, byte_view body, protocol_version version) {
  wire_reader in(body);
  Packet out;
  if (version != protocol_version::v5) {
    if (!body.empty()) return malformed(excess);
    return out;
  }
  if (!in.done()) out.code = static_cast<reason>(in.u8());
  if (!is_code_of(type, out.code)) return malformed("the packet does not have this reason code");
  if (!in.done()) {
    auto properties = take_properties(in, version, place_of(type));
    if (!properties) return std::unexpected(properties.error());
    out.properties = *properties;
  }
  if (!in.exhausted()) return malformed(excess);
  return out;
}

decoded<packet> decode_ping(packet_type type, byte_view body) {
  if (!body.empty()) return malformed(excess);
  return ping{type};
}

}  // namespace

protocol_version version_to_refuse_in(byte_view connect_body) {
  wire_reader in(connect_body);
  (void)in.text();
  const auto level = in.u8() & 0x7f;
  return !in.ok() || level == 3 || level == 4 ? protocol_version::v3_1_1 : protocol_version::v5;
}

decoded<publish> decode_publish(std::uint8_t first_byte, byte_view body, protocol_version version) {
  wire_reader in(body);
  publish out;
  out.qos = static_cast<qos>((first_byte >> 1) & 3);
  out.retain = (first_byte & 1) != 0;
  out.duplicate = (first_byte & 8) != 0;
  if ((first_byte & 6) == 6) return malformed("QoS 3");                                              // MQTT-3.3.1-4
  if (out.duplicate && out.qos == qos::at_most_once) return malformed("DUP on a message of QoS 0");  // MQTT-3.3.1-2
  out.topic = in.text();
  if (out.qos != qos::at_most_once) {
    out.packet_id = in.u16();
    if (in.ok() && out.packet_id == 0) return refuse(reason::protocol_error, "the packet identifier is zero");
  }
  if (!in.ok()) return malformed(cut_short);
  auto properties = take_properties(in, version, place_of(packet_type::publish));
  if (!properties) return std::unexpected(properties.error());
  out.properties = *properties;
  if (!out.properties.empty()) {
    if (const auto alias = find_number(out.properties, property_id::topic_alias)) {
      out.topic_alias = static_cast<std::uint16_t>(*alias);
    }
  }
  out.payload = in.rest();
  if (out.topic.empty() && !out.topic_alias) {
    return refuse(reason::protocol_error, "a PUBLISH with neither topic nor alias");  // MQTT5 3.3.2.1
  }
  if (out.topic.empty()) return out;
  if (auto ok = check_topic(out.topic); !ok) return std::unexpected(ok.error());
  return out;
}

bool may_start_packet(std::uint8_t first_byte, protocol_version version) {
  const auto type = static_cast<packet_type>(first_byte >> 4);
  if (first_byte >> 4 == 0) return false;
  return type == packet_type::connect || has_right_flags(type, first_byte & 0x0f, version);
}

decoded<packet> decode(std::uint8_t first_byte, byte_view body, protocol_version version) {
  const auto type = static_cast<packet_type>(first_byte >> 4);
  const std::uint8_t flags = first_byte & 0x0f;
  if (type != packet_type::connect && !has_right_flags(type, flags, version)) return malformed(wrong_flags);
  switch (type) {
    case packet_type::connect: return decode_connect(flags, body);
    case packet_type::connack: return decode_connack(body, version);
    case packet_type::publish: return decode_publish(first_byte, body, version);
    case packet_type::puback:
    case packet_type::pubrec:
    case packet_type::pubrel:
    case packet_type::pubcomp: return decode_acknowledgement(type, body, version);
    case packet_type::subscribe: return decode_request<subscribe>(type, body, version);
    case packet_type::unsubscribe: return decode_request<unsubscribe>(type, body, version);
    case packet_type::suback:
    case packet_type::unsuback: return decode_subscription_ack(type, body, version);
    case packet_type::pingreq:
    case packet_type::pingresp: return decode_ping(type, body);
    case packet_type::disconnect: return decode_parting<disconnect>(type, body, version);
    case packet_type::auth:
      if (version == protocol_version::v5) return decode_parting<auth>(type, body, version);
  }
  return malformed("the packet type is reserved");
}

bool subscription_reader::next(subscription& out) {
  wire_reader in(rest_);
  if (in.done()) return false;
  out = {};
  out.filter = in.text();
  if (has_options_) {
    const auto options = in.u8();
    out.qos = static_cast<qos>(options & 3);
    out.no_local = (options & 0x04) != 0;
    out.retain_as_published = (options & 0x08) != 0;
    out.retained = static_cast<retain_handling>((options >> 4) & 3);
  }
  rest_ = in.rest();
  return in.ok();
}

}  // namespace perigee::wire::mqtt

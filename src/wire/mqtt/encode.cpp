#include "base/check.hpp"
#include "wire/mqtt/detail/wire.hpp"
#include "wire/mqtt/packet.hpp"

namespace perigee::wire::mqtt {
namespace {

using detail::varint_bytes;
using detail::wire_writer;

void start(wire_writer& out, packet_type type, std::size_t remaining, unsigned flags = 0) {
  PG_CHECK(remaining <= detail::varint_max, "a packet is longer than MQTT can say");
  out.u8(static_cast<std::uint8_t>((static_cast<unsigned>(type) << 4) | flags));
  out.varint(static_cast<std::uint32_t>(remaining));
}

std::size_t text_bytes(std::size_t size) { return 2 + size; }

/// A block with its length in front; nothing before 5.0.
std::size_t block_bytes(std::size_t properties_bytes, protocol_version version) {
  if (version != protocol_version::v5) return 0;
  return varint_bytes(static_cast<std::uint32_t>(properties_bytes)) + properties_bytes;
}

std::size_t block_bytes(byte_view properties, protocol_version version) {
  return block_bytes(properties.size(), version);
}

void put_block(wire_writer& out, byte_view properties, protocol_version version) {
  if (version != protocol_version::v5) return;
  out.varint(static_cast<std::uint32_t>(properties.size()));
  out.bytes(properties);
}

std::uint8_t flags_of(const connect& p) {
  unsigned flags = p.clean_start ? 0x02 : 0;
  if (p.will) {
    flags |= 0x04U | (static_cast<unsigned>(p.will->qos) << 3) | (p.will->retain ? 0x20U : 0U);
  }
  if (p.user_name) flags |= 0x80;
  if (p.password) flags |= 0x40;
  return static_cast<std::uint8_t>(flags);
}

std::size_t will_bytes(const will_message& will, protocol_version version) {
  return block_bytes(will.properties, version) + text_bytes(will.topic.size()) + text_bytes(will.payload.size());
}

/// MQTT 3.1.1 3.2.2.3 has five refusals; the nearest one.
std::uint8_t connack_code_before_5(reason code) {
  switch (code) {
    case reason::success: return 0;
    case reason::unsupported_protocol_version: return 1;
    case reason::client_identifier_not_valid: return 2;
    case reason::bad_user_name_or_password: return 4;
    case reason::not_authorized:
    case reason::banned:
    case reason::bad_authentication_method: return 5;
    default: return 3;
  }
}

/// A code and properties that are left out from the end while they say nothing (MQTT5 3.4.2.1, 3.14.2.1).
std::size_t tail_bytes(reason code, byte_view properties, protocol_version version) {
  if (version != protocol_version::v5 || (code == reason::success && properties.empty())) return 0;
  return properties.empty() ? 1 : 1 + block_bytes(properties, version);
}

void put_tail(wire_writer& out, reason code, byte_view properties, std::size_t bytes) {
  if (bytes == 0) return;
  out.u8(static_cast<std::uint8_t>(code));
  if (bytes > 1) put_block(out, properties, protocol_version::v5);
}

constexpr std::size_t alias_bytes = 3;  // an identifier and a two byte integer

std::size_t remaining_bytes(const publish& p, protocol_version version, std::size_t more_properties_bytes = 0) {
  return text_bytes(p.topic.size()) + (p.qos == qos::at_most_once ? 0 : 2) +
         block_bytes(p.properties.size() + more_properties_bytes, version) + p.payload.size();
}

std::size_t whole_bytes(std::size_t remaining) {
  return 1 + varint_bytes(static_cast<std::uint32_t>(remaining)) + remaining;
}

unsigned flags_of(const publish& p) {
  return (p.duplicate ? 8U : 0U) | (static_cast<unsigned>(p.qos) << 1) | (p.retain ? 1U : 0U);
}

template <class Request>
void encode_request(packet_type type, const Request& p, protocol_version version, byte_buffer& to) {
  wire_writer out(to);
  start(out, type, 2 + block_bytes(p.properties, version) + p.filters.size(), 2);
  out.u16(p.packet_id);
  put_block(out, p.properties, version);
  out.bytes(p.filters);
}

}  // namespace

void encode(const connect& p, byte_buffer& to) {
  wire_writer out(to);
  const std::string_view name = p.version == protocol_version::v3_1 ? "MQIsdp" : "MQTT";
  auto remaining = text_bytes(name.size()) + 4 + block_bytes(p.properties, p.version) + text_bytes(p.client_id.size());
  if (p.will) remaining += will_bytes(*p.will, p.version);
  if (p.user_name) remaining += text_bytes(p.user_name->size());
  if (p.password) remaining += text_bytes(p.password->size());
  start(out, packet_type::connect, remaining);
  out.text(name);
  out.u8(static_cast<std::uint8_t>(p.version));
  out.u8(flags_of(p));
  out.u16(p.keep_alive_s);
  put_block(out, p.properties, p.version);
  out.text(p.client_id);
  if (p.will) {
    put_block(out, p.will->properties, p.version);
    out.text(p.will->topic);
    out.binary(p.will->payload);
  }
  if (p.user_name) out.text(*p.user_name);
  if (p.password) out.binary(*p.password);
}

void encode(const connack& p, protocol_version version, byte_buffer& to) {
  wire_writer out(to);
  const bool v5 = version == protocol_version::v5;
  start(out, packet_type::connack, 2 + block_bytes(p.properties, version));
  out.u8(p.session_present && version != protocol_version::v3_1 ? 1 : 0);  // reserved in MQTT 3.1
  out.u8(v5 ? static_cast<std::uint8_t>(p.code) : connack_code_before_5(p.code));
  put_block(out, p.properties, version);
}

std::size_t encoded_size(const publish& p, protocol_version version) {
  return whole_bytes(remaining_bytes(p, version));
}

std::size_t properties_size(byte_view properties, protocol_version version) { return block_bytes(properties, version); }

std::size_t encoded_size_aliased(const publish& p) {
  return whole_bytes(remaining_bytes(p, protocol_version::v5, alias_bytes));
}

void encode(const publish& p, protocol_version version, byte_buffer& to) {
  wire_writer out(to);
  start(out, packet_type::publish, remaining_bytes(p, version), flags_of(p));
  out.text(p.topic);
  if (p.qos != qos::at_most_once) out.u16(p.packet_id);
  put_block(out, p.properties, version);
  out.bytes(p.payload);
}

void encode_aliased(const publish& p, std::uint16_t alias, byte_buffer& to) {
  wire_writer out(to);
  start(out, packet_type::publish, remaining_bytes(p, protocol_version::v5, alias_bytes), flags_of(p));
  out.text(p.topic);
  if (p.qos != qos::at_most_once) out.u16(p.packet_id);
  out.varint(static_cast<std::uint32_t>(p.properties.size() + alias_bytes));
  out.u8(static_cast<std::uint8_t>(property_id::topic_alias));
  out.u16(alias);
  out.bytes(p.properties);
  out.bytes(p.payload);
}

void encode(const acknowledgement& p, protocol_version version, byte_buffer& to) {
  wire_writer out(to);
  const auto tail = tail_bytes(p.code, p.properties, version);
  start(out, p.type, 2 + tail, p.type == packet_type::pubrel ? 2 : 0);
  out.u16(p.packet_id);
  put_tail(out, p.code, p.properties, tail);
}

void encode(const subscribe& p, protocol_version version, byte_buffer& to) {
  encode_request(packet_type::subscribe, p, version, to);
}

void encode(const unsubscribe& p, protocol_version version, byte_buffer& to) {
  encode_request(packet_type::unsubscribe, p, version, to);
}

void encode(const subscription_ack& p, protocol_version version, byte_buffer& to) {
  wire_writer out(to);
  // MQTT 3.1.1 3.11: an UNSUBACK has no payload; 3.9.3: 0x80 is the only failure of a SUBACK.
  const bool v5 = version == protocol_version::v5;
  const auto codes = v5 || p.type == packet_type::suback ? p.codes : byte_view();
  start(out, p.type, 2 + block_bytes(p.properties, version) + codes.size());
  out.u16(p.packet_id);
  put_block(out, p.properties, version);
  for (const auto code : codes) out.u8(!v5 && code >= 0x80 ? std::uint8_t{0x80} : code);
}

void encode(const ping& p, byte_buffer& to) {
  wire_writer out(to);
  start(out, p.type, 0);
}

void encode(const disconnect& p, protocol_version version, byte_buffer& to) {
  wire_writer out(to);
  const auto tail = tail_bytes(p.code, p.properties, version);
  start(out, packet_type::disconnect, tail);
  put_tail(out, p.code, p.properties, tail);
}

void encode(const auth& p, byte_buffer& to) {
  wire_writer out(to);
  const auto tail = tail_bytes(p.code, p.properties, protocol_version::v5);
  start(out, packet_type::auth, tail);
  put_tail(out, p.code, p.properties, tail);
}

void encode(const packet& p, protocol_version version, byte_buffer& out) {
  std::visit(
      [&]<class P>(const P& one) {
        if constexpr (requires { encode(one, out); }) {
          encode(one, out);
        } else {
          encode(one, version, out);
        }
      },
      p);
}

void append_filter(byte_buffer& to, const subscription& s) {
  wire_writer out(to);
  out.text(s.filter);
  out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(s.qos) | (s.no_local ? 4U : 0U) |
                                   (s.retain_as_published ? 8U : 0U) | (static_cast<unsigned>(s.retained) << 4)));
}

void append_filter(byte_buffer& to, std::string_view filter) { wire_writer(to).text(filter); }

}  // namespace perigee::wire::mqtt

#include "wire/mqtt/property.hpp"

#include <array>

#include "wire/mqtt/detail/wire.hpp"
#include "wire/mqtt/text.hpp"

namespace perigee::wire::mqtt {
namespace {

enum class form : std::uint8_t { none, flag, two_byte, four_byte, variable, text, binary, pair };

enum rule : std::uint8_t { any = 0, not_zero = 1, may_repeat = 2 };

struct definition {
  form as = form::none;
  std::uint8_t rules = any;
  std::uint16_t places = 0;  // one bit per property_place
};

constexpr std::uint16_t in(packet_type type) { return static_cast<std::uint16_t>(1U << static_cast<unsigned>(type)); }
constexpr std::uint16_t in_will = 1;
constexpr std::uint16_t in_acks = in(packet_type::puback) | in(packet_type::pubrec) | in(packet_type::pubrel) |
                                  in(packet_type::pubcomp) | in(packet_type::suback) | in(packet_type::unsuback);
constexpr std::uint16_t in_messages = in(packet_type::publish) | in_will;
constexpr std::uint16_t in_hello = in(packet_type::connect) | in(packet_type::connack);
constexpr std::size_t id_count = 0x2b;

/// Table 2-4 of MQTT5 2.2.2.2.
constexpr std::array<definition, id_count> table = [] {
  std::array<definition, id_count> t{};
  const auto define = [&t](property_id id, form as, unsigned places, unsigned rules = any) {
    t[static_cast<std::size_t>(id)] = {as, static_cast<std::uint8_t>(rules), static_cast<std::uint16_t>(places)};
  };
  using enum property_id;
  using type = packet_type;
  define(payload_format_indicator, form::flag, in_messages);
  define(message_expiry_interval, form::four_byte, in_messages);
  define(content_type, form::text, in_messages);
  define(response_topic, form::text, in_messages);
  define(correlation_data, form::binary, in_messages);
  define(subscription_identifier, form::variable, in(type::publish) | in(type::subscribe), not_zero);
  define(session_expiry_interval, form::four_byte, in_hello | in(type::disconnect));
  define(assigned_client_identifier, form::text, in(type::connack));
  define(server_keep_alive, form::two_byte, in(type::connack));
  define(authentication_method, form::text, in_hello | in(type::auth));
  define(authentication_data, form::binary, in_hello | in(type::auth));
  define(request_problem_information, form::flag, in(type::connect));
  define(will_delay_interval, form::four_byte, in_will);
  define(request_response_information, form::flag, in(type::connect));
  define(response_information, form::text, in(type::connack));
  define(server_reference, form::text, in(type::connack) | in(type::disconnect));
  define(reason_string, form::text, in_acks | in(type::connack) | in(type::disconnect) | in(type::auth));
  define(receive_maximum, form::two_byte, in_hello, not_zero);
  define(topic_alias_maximum, form::two_byte, in_hello);
  define(topic_alias, form::two_byte, in(type::publish));  // zero is topic_alias_invalid, said where it is used
  define(maximum_qos, form::flag, in(type::connack));
  define(retain_available, form::flag, in(type::connack));
  define(user_property, form::pair, 0xffff, may_repeat);
  define(maximum_packet_size, form::four_byte, in_hello, not_zero);
  define(wildcard_subscription_available, form::flag, in(type::connack));
  define(subscription_identifier_available, form::flag, in(type::connack));
  define(shared_subscription_available, form::flag, in(type::connack));
  return t;
}();

const definition* find_definition(std::uint32_t id) {
  return id < id_count && table[id].as != form::none ? &table[id] : nullptr;
}

void read_value(detail::wire_reader& in, form as, property& out) {
  switch (as) {
    case form::flag: out.number = in.u8(); break;
    case form::two_byte: out.number = in.u16(); break;
    case form::four_byte: out.number = in.u32(); break;
    case form::variable: out.number = in.varint(); break;
    case form::text:
    case form::binary: out.text = in.text(); break;
    case form::pair:
      out.text = in.text();
      out.value = in.text();
      break;
    case form::none: in.fail();
  }
}

decoded<> check_value(const property& p, const definition& d) {
  if (d.as == form::flag && p.number > 1) {
    return refuse(reason::protocol_error, "a property that is 0 or 1 has another value");
  }
  if ((d.rules & not_zero) != 0 && p.number == 0) {
    return refuse(reason::protocol_error, "a property that must not be zero is zero");
  }
  // MQTT-3.3.2-14; without a character it names nothing (MQTT-4.7.3-1).
  if (p.id == property_id::response_topic && (p.text.empty() || p.text.find_first_of("+#") != std::string_view::npos)) {
    return refuse(reason::protocol_error, "the response topic is not a topic name");
  }
  const bool is_text = d.as == form::text || d.as == form::pair;
  if (is_text && (!is_valid_text(p.text) || !is_valid_text(p.value))) return malformed("a property is not UTF-8 text");
  return {};
}

/// Only a PUBLISH from a server may carry the identifier of several subscriptions (MQTT5 3.3.2.3.8).
bool may_stand_again(const definition& d, property_id id, property_place place) {
  return (d.rules & may_repeat) != 0 ||
         (id == property_id::subscription_identifier && place == place_of(packet_type::publish));
}

}  // namespace

decoded<> check_properties(byte_view block, property_place place) {
  detail::wire_reader in(block);
  std::uint64_t seen = 0;
  while (!in.done()) {
    const auto id = in.varint();
    const auto* d = find_definition(id);
    if (!in.ok() || d == nullptr) return malformed("a property has an unknown identifier");
    property p{.id = static_cast<property_id>(id)};
    read_value(in, d->as, p);
    if (!in.ok()) return malformed("a property is cut short");
    if (((d->places >> static_cast<unsigned>(place)) & 1) == 0) {
      return refuse(reason::protocol_error, "a property stands in a packet that does not have it");
    }
    const auto bit = std::uint64_t{1} << id;
    if ((seen & bit) != 0 && !may_stand_again(*d, p.id, place)) {
      return refuse(reason::protocol_error, "a property stands twice");
    }
    seen |= bit;
    if (auto ok = check_value(p, *d); !ok) return ok;
  }
  if (!in.ok()) return malformed("the properties are cut short");
  return {};
}

bool property_reader::next(property& out) {
  detail::wire_reader in(rest_);
  const auto* d = in.done() ? nullptr : find_definition(in.varint());
  if (d == nullptr) return false;
  out = {.id = static_cast<property_id>(d - table.data())};
  read_value(in, d->as, out);
  raw_ = rest_.first(rest_.size() - in.rest().size());
  rest_ = in.rest();
  return in.ok();
}

std::optional<property> find_property(byte_view block, property_id id) {
  property_reader reader(block);
  for (property p; reader.next(p);) {
    if (p.id == id) return p;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> find_number(byte_view block, property_id id) {
  const auto found = find_property(block, id);
  return found ? std::optional(found->number) : std::nullopt;
}

std::optional<std::string_view> find_user_property(byte_view block, std::string_view name) {
  property_reader reader(block);
  for (property p; reader.next(p);) {
    if (p.id == property_id::user_property && p.text == name) return p.value;
  }
  return std::nullopt;
}

property_writer& property_writer::number(property_id id, std::uint32_t x) {
  detail::wire_writer out(out_);
  out.u8(static_cast<std::uint8_t>(id));
  switch (table[static_cast<std::size_t>(id)].as) {
    case form::two_byte: out.u16(static_cast<std::uint16_t>(x)); break;
    case form::four_byte: out.u32(x); break;
    case form::variable: out.varint(x); break;
    default: out.u8(static_cast<std::uint8_t>(x));
  }
  return *this;
}

property_writer& property_writer::text(property_id id, std::string_view x) {
  detail::wire_writer out(out_);
  out.u8(static_cast<std::uint8_t>(id));
  out.text(x);
  return *this;
}

property_writer& property_writer::user(std::string_view name, std::string_view value) {
  detail::wire_writer out(out_);
  out.u8(static_cast<std::uint8_t>(property_id::user_property));
  out.text(name);
  out.text(value);
  return *this;
}

}  // namespace perigee::wire::mqtt

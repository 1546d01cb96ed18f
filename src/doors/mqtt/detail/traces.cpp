#include "doors/mqtt/detail/traces.hpp"

#include <algorithm>
#include <format>

#include "base/limits.hpp"
#include "doors/mqtt/link.hpp"
#include "wire/mqtt/framer.hpp"

namespace perigee::doors::mqtt {

namespace wire = perigee::wire::mqtt;

std::string_view name_of(wire::packet_type type) {
  constexpr std::string_view names[] = {"(0)",     "CONNECT",  "CONNACK",    "PUBLISH", "PUBACK",      "PUBREC",
                                        "PUBREL",  "PUBCOMP",  "SUBSCRIBE",  "SUBACK",  "UNSUBSCRIBE", "UNSUBACK",
                                        "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"};
  return names[static_cast<std::size_t>(type) & 0xF];
}

namespace detail {
namespace {

void append(std::string& to, std::string_view words) {
  if (!to.empty()) to += ", ";
  to += words;
}

void describe_properties(byte_view block, std::string& into) {
  wire::property_reader reader(block);
  for (wire::property p; reader.next(p);) {
    switch (p.id) {
      case wire::property_id::user_property: append(into, std::format("{}={}", p.text, p.value)); break;
      case wire::property_id::reason_string: append(into, std::format("'{}'", p.text)); break;
      case wire::property_id::content_type: append(into, std::format("content type {}", p.text)); break;
      case wire::property_id::response_topic: append(into, std::format("response topic {}", p.text)); break;
      case wire::property_id::message_expiry_interval: append(into, std::format("expires in {} s", p.number)); break;
      case wire::property_id::session_expiry_interval:
        append(into, std::format("session expiry {} s", p.number));
        break;
      case wire::property_id::receive_maximum: append(into, std::format("receive maximum {}", p.number)); break;
      case wire::property_id::server_keep_alive: append(into, std::format("keep alive {} s", p.number)); break;
      case wire::property_id::assigned_client_identifier: append(into, std::format("client id {}", p.text)); break;
      case wire::property_id::subscription_identifier: append(into, std::format("subscription {}", p.number)); break;
      case wire::property_id::authentication_method: append(into, std::format("method {}", p.text)); break;
      default: break;  // sizes and flags that every packet of the kind has
    }
  }
}

std::string_view version_name(wire::protocol_version v) {
  switch (v) {
    case wire::protocol_version::v3_1: return "MQTT 3.1";
    case wire::protocol_version::v3_1_1: return "MQTT 3.1.1";
    case wire::protocol_version::v5: break;
  }
  return "MQTT 5";
}

/// One for each kind of packet: what of it goes into the line.
struct describer {
  traced_event& out;

  void operator()(const wire::connect& p) const {
    out.note = std::format("{}, keep alive {} s", version_name(p.version), p.keep_alive_s);
    if (p.clean_start) append(out.note, "clean start");
    if (p.user_name) append(out.note, std::format("user {}", *p.user_name));
    if (p.will) append(out.note, std::format("will on {}", p.will->topic));
    describe_properties(p.properties, out.note);
  }
  void operator()(const wire::connack& p) const {
    out.reason = p.code;
    if (p.session_present) append(out.note, "session present");
    describe_properties(p.properties, out.note);
  }
  void operator()(const wire::publish& p) const {
    out.id = p.packet_id;
    out.qos = p.qos;
    out.retain = p.retain;
    out.duplicate = p.duplicate;
    out.topic = p.topic;
    out.topic_alias = p.topic_alias;
    out.payload_bytes = p.payload.size();
    describe_properties(p.properties, out.note);
  }
  void operator()(const wire::acknowledgement& p) const {
    out.id = p.packet_id;
    out.reason = p.code;
    describe_properties(p.properties, out.note);
  }
  void operator()(const wire::subscribe& p) const {
    out.id = p.packet_id;
    wire::subscription_reader reader(p);
    for (wire::subscription s; reader.next(s);) {
      append(out.note, std::format("{} QoS {}", s.filter, static_cast<int>(s.qos)));
    }
    describe_properties(p.properties, out.note);
  }
  void operator()(const wire::unsubscribe& p) const {
    out.id = p.packet_id;
    wire::subscription_reader reader(p);
    for (wire::subscription s; reader.next(s);) append(out.note, s.filter);
  }
  void operator()(const wire::subscription_ack& p) const {
    out.id = p.packet_id;
    for (const auto code : p.codes) {
      append(out.note, code < 0x80 ? std::format("{}", code) : std::string(name_of(static_cast<wire::reason>(code))));
    }
    describe_properties(p.properties, out.note);
  }
  void operator()(const wire::ping&) const {}
  void operator()(const wire::disconnect& p) const {
    out.reason = p.code;
    describe_properties(p.properties, out.note);
  }
  void operator()(const wire::auth& p) const {
    out.reason = p.code;
    describe_properties(p.properties, out.note);
  }
};

}  // namespace

bool traces::full() const { return watches_.size() >= limits::mqtt_traces_max; }

traces::handle traces::add(std::string_view client_id, trace_callback tell) {
  return watches_.insert(watches_.end(), {std::string(client_id), std::move(tell)});
}

bool traces::covers(std::string_view client_id) const {
  return std::ranges::contains(watches_, client_id, &watch::client_id);
}

void traces::tell(std::string_view client_id, const traced_event& event) {
  for (auto& one : watches_) {
    if (one.client_id == client_id) one.tell(event);
  }
}

void traces::saw(link& on, direction which, byte_view packets, timestamp at) {
  const auto who = on.identity();
  if (!covers(who.client_id)) return on.set_traced(false);
  while (!packets.empty()) {
    const auto next = wire::next_frame(packets, packets.size());
    if (!next || !next->complete) return;  // what the connection broke off over
    traced_event event;
    event.what = which == direction::received ? traced_event::kind::received : traced_event::kind::sent;
    event.at = at;
    event.address = who.address;
    event.type = static_cast<wire::packet_type>(next->first_byte >> 4);
    event.bytes = next->bytes;
    if (const auto p = wire::decode(next->first_byte, next->body, on.connection().version())) {
      std::visit(describer{event}, *p);
    } else {
      event.reason = p.error().code;
      event.note = p.error().what;
    }
    tell(who.client_id, event);
    packets = packets.subspan(next->bytes);
  }
}

void traces::closed(link& on, const departure& how) {
  const auto who = on.identity();
  ended one{std::string(who.client_id), std::string(who.address), how};
  if (!is_reading_) return tell_end(one);
  ended_.push_back(std::move(one));
}

void traces::tell_ended() {
  for (const auto& one : std::exchange(ended_, {})) tell_end(one);
}

void traces::tell_end(const ended& of) {
  traced_event event;
  event.what = traced_event::kind::closed;
  event.at = of.how.at;
  event.address = of.address;
  event.reason = of.how.code;
  event.note = of.how.what;
  tell(of.client_id, event);
}

}  // namespace detail
}  // namespace perigee::doors::mqtt

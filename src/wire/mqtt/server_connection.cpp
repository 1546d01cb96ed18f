#include "wire/mqtt/server_connection.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace perigee::wire::mqtt {

server_connection::server_connection(server_handler& handler, const server_options& options, clock::time_point now)
    : handler_(handler), options_(options), now_(now), deadline_(now + options.connect_timeout) {}

std::size_t server_connection::on_bytes(byte_view in, clock::time_point now) {
  now_ = now;
  std::size_t taken = 0;
  wanted_ = 0;
  while (!paused()) {
    const auto next = next_frame(in.subspan(taken), packet_bytes_max());
    if (!next) {
      break_off(next.error());
      break;
    }
    wanted_ = next->bytes;
    if (!next->complete) break;
    taken += next->bytes;
    on_frame(*next);
    wanted_ = 0;
  }
  // MQTT5 3.1.2.10: whole packets keep a connection alive.
  if (taken != 0 && state_ == state::connected) arm_keep_alive(now);
  return taken;
}

void server_connection::on_end() { end({.what = "the connection was lost", .by_peer = true}); }

void server_connection::on_tick(clock::time_point now) {
  if (now < deadline_ || state_ == state::closed) return;
  if (state_ == state::connected) {
    if (paused()) return arm_keep_alive(now);  // we do not read: its silence is ours
    break_off({reason::keep_alive_timeout, "nothing came for one and a half times the keep-alive"});  // MQTT-3.1.2-22
  } else {
    end({.code = reason::maximum_connect_time, .what = "no CONNECT came in time"});
  }
}

bool server_connection::paused() const {
  if (state_ == state::connected) {
    return version_ != protocol_version::v5 && unacknowledged_ >= options_.receive_maximum;
  }
  return state_ != state::awaiting_connect;
}

std::size_t server_connection::packet_bytes_max() const {
  if (state_ == state::awaiting_connect) {
    return std::min<std::size_t>(options_.packet_bytes_max, limits::mqtt_connect_bytes_max);
  }
  return options_.packet_bytes_max;
}

void server_connection::on_frame(const frame& f) {
  if (state_ == state::awaiting_connect) return on_first_packet(f);
  if (f.first_byte >> 4 == static_cast<int>(packet_type::publish)) return on_publish_frame(f);
  const auto p = decode(f.first_byte, f.body, version_);
  if (!p) return break_off(p.error());
  on_packet(*p);
}

void server_connection::on_first_packet(const frame& f) {
  // MQTT-3.1.0-1. Whoever opens with something else does not speak MQTT and gets no answer.
  if (f.first_byte >> 4 != static_cast<int>(packet_type::connect)) {
    return end({.code = reason::protocol_error, .what = "the first packet is not CONNECT"});
  }
  const auto p = decode(f.first_byte, f.body, version_);
  if (!p) {
    // The name and the level stand at fixed places, so that even a refusal speaks the client's version.
    if (f.body.size() > 6 && f.body[6] == 5) version_ = protocol_version::v5;
    return break_off(p.error());
  }
  const auto& hello = std::get<connect>(*p);
  version_ = hello.version;
  take_terms(hello);
  if (find_property(hello.properties, property_id::authentication_method)) {
    return break_off({reason::bad_authentication_method, "the client asks for enhanced authentication"});
  }
  state_ = state::answering;
  handler_.on_connect(hello);
}

void server_connection::take_terms(const connect& hello) {
  keep_alive_s_ = hello.keep_alive_s;
  const auto most = options_.keep_alive_s_max;
  if (version_ == protocol_version::v5 && most != 0 && (keep_alive_s_ == 0 || keep_alive_s_ > most)) {
    keep_alive_s_ = most;
    keep_alive_changed_ = true;
  }
  property_reader reader(hello.properties);
  for (property p; reader.next(p);) {
    switch (p.id) {
      case property_id::receive_maximum: peer_receive_maximum_ = static_cast<std::uint16_t>(p.number); break;
      case property_id::maximum_packet_size: peer_packet_bytes_max_ = p.number; break;
      case property_id::session_expiry_interval: session_expiry_s_ = p.number; break;
      default: break;
    }
  }
}

void server_connection::on_publish_frame(const frame& f) {
  auto message = decode_publish(f.first_byte, f.body, version_);
  if (!message) return break_off(message.error());
  if (auto ok = check_publish(*message); !ok) return break_off(ok.error());
  if (message->qos != qos::at_most_once) ++unacknowledged_;
  handler_.on_publish(*message);
}

decoded<> server_connection::check_publish(publish& message) {
  // Before MQTT 5 no maximum was granted: there `paused` bounds what waits, and the session what is not released.
  const auto in_flight = unacknowledged_ + (version_ == protocol_version::v5 ? unreleased_ : 0);
  if (message.qos != qos::at_most_once && in_flight >= options_.receive_maximum) {
    return mqtt::refuse(reason::receive_maximum_exceeded, "more messages in flight than were granted");  // MQTT5 3.3.4
  }
  if (message.payload.size() > limits::payload_bytes_max) {
    return mqtt::refuse(reason::packet_too_large, "the payload is over its bound");
  }
  // MQTT5 3.3.2.3.8: only a server sends it.
  if (!message.properties.empty() && find_property(message.properties, property_id::subscription_identifier)) {
    return mqtt::refuse(reason::protocol_error, "a client's PUBLISH has a subscription identifier");
  }
  return message.topic_alias ? resolve_alias(message) : decoded<>();
}

decoded<> server_connection::resolve_alias(publish& message) {
  const auto alias = *message.topic_alias;
  if (alias == 0 || alias > options_.topic_alias_maximum) {
    return mqtt::refuse(reason::topic_alias_invalid, "the topic alias is zero or over the maximum");  // MQTT-3.3.2-8
  }
  if (aliases_.size() < alias) aliases_.resize(alias);
  auto& known = aliases_[alias - 1U];
  if (!message.topic.empty()) {
    known.assign(message.topic);
  } else if (known.empty()) {
    return mqtt::refuse(reason::protocol_error, "the topic alias is not set");
  }
  message.topic = known;
  return {};
}

void server_connection::on_packet(const packet& p) {
  if (const auto* request = std::get_if<subscribe>(&p)) return handler_.on_subscribe(*request);
  if (const auto* request = std::get_if<unsubscribe>(&p)) return handler_.on_unsubscribe(*request);
  if (const auto* farewell = std::get_if<mqtt::disconnect>(&p)) return on_disconnect(*farewell);
  if (const auto* a = std::get_if<acknowledgement>(&p)) return on_acknowledgement(*a);
  if (const auto* asked = std::get_if<ping>(&p); asked != nullptr && asked->type == packet_type::pingreq) {
    return encode(ping{packet_type::pingresp}, output_);
  }
  if (std::holds_alternative<connect>(p)) return break_off({reason::protocol_error, "a second CONNECT"});  // 3.1.0-2
  break_off({reason::protocol_error, "a packet that a client does not send here"});
}

void server_connection::on_acknowledgement(const acknowledgement& a) {
  if (a.type == packet_type::puback) return handler_.on_acknowledged(a.packet_id, a.code);
  if (a.type == packet_type::pubrel) return handler_.on_release(a.packet_id);
  break_off({reason::protocol_error, "an answer to QoS 2, which is not sent here"});
}

void server_connection::on_disconnect(const mqtt::disconnect& farewell) {
  closing why{.code = farewell.code,
              .what = "the client disconnected",
              .send_will = farewell.code != reason::success,
              .by_peer = true,
              .session_expiry_s = find_number(farewell.properties, property_id::session_expiry_interval)};
  if (why.session_expiry_s.value_or(0) != 0 && session_expiry_s_ == 0) {  // MQTT5 3.14.2.2.2
    return break_off({reason::protocol_error, "a DISCONNECT that gives an expiry to a session that had none"});
  }
  end(why);
}

void server_connection::accept(const acceptance& granted) {
  PG_CHECK(state_ == state::answering, "CONNACK without CONNECT");
  byte_buffer block;
  if (version_ == protocol_version::v5) {
    property_writer properties(block);
    properties.number(property_id::receive_maximum, options_.receive_maximum)
        .number(property_id::maximum_packet_size, options_.packet_bytes_max)
        .number(property_id::topic_alias_maximum, options_.topic_alias_maximum)
        .number(property_id::shared_subscription_available, 0);
    if (!granted.assigned_client_id.empty()) {
      properties.text(property_id::assigned_client_identifier, granted.assigned_client_id);
    }
    if (granted.session_expiry_s) {
      properties.number(property_id::session_expiry_interval, *granted.session_expiry_s);
    }
    if (keep_alive_changed_) properties.number(property_id::server_keep_alive, keep_alive_s_);
  }
  encode(connack{.session_present = granted.session_present, .code = reason::success, .properties = block}, version_,
         output_);
  state_ = state::connected;
  arm_keep_alive(now_);
}

void server_connection::refuse(reason code) {
  PG_CHECK(state_ == state::answering || state_ == state::awaiting_connect, "CONNACK after CONNACK");
  encode(connack{.session_present = false, .code = code}, version_, output_);
  state_ = state::closed;
}

bool server_connection::send(const publish& message) {
  if (state_ != state::connected) return false;
  if (peer_packet_bytes_max_ != UINT32_MAX && encoded_size(message, version_) > peer_packet_bytes_max_) return false;
  encode(message, version_, output_);
  return true;
}

void server_connection::ack(packet_id id, reason code) { (void)answers(id, packet_type::puback, code); }

void server_connection::receive(packet_id id, reason code) {
  if (answers(id, packet_type::pubrec, code) && !is_failure(code)) ++unreleased_;
}

bool server_connection::answers(packet_id id, packet_type with, reason code) {
  if (state_ != state::connected) return false;
  PG_CHECK(unacknowledged_ > 0, "an answer without a PUBLISH");
  --unacknowledged_;
  if (is_failure(code) && version_ != protocol_version::v5) {
    end({.code = code, .what = "a message was refused, which 3.1.1 cannot say"});
    return false;
  }
  encode(acknowledgement{.type = with, .packet_id = id, .code = code}, version_, output_);
  return true;
}

void server_connection::complete(packet_id id, reason code) {
  if (state_ != state::connected) return;
  if (unreleased_ > 0) --unreleased_;  // it may be of a connection before
  encode(acknowledgement{.type = packet_type::pubcomp, .packet_id = id, .code = code}, version_, output_);
}

void server_connection::suback(packet_id id, byte_view codes) {
  encode(subscription_ack{.type = packet_type::suback, .packet_id = id, .codes = codes}, version_, output_);
}

void server_connection::unsuback(packet_id id, byte_view codes) {
  encode(subscription_ack{.type = packet_type::unsuback, .packet_id = id, .codes = codes}, version_, output_);
}

void server_connection::disconnect(reason code) {
  if (state_ == state::closed) return;
  if (state_ == state::connected && version_ == protocol_version::v5) {
    encode(mqtt::disconnect{.code = code}, version_, output_);
  }
  state_ = state::closed;
}

void server_connection::break_off(const protocol_error& why) {
  if (state_ == state::awaiting_connect) {
    // MQTT5 4.13.1: a CONNACK may carry the code. 3.1.1 has one for the version and one for the identifier only.
    const bool sayable = why.code == reason::unsupported_protocol_version ||
                         why.code == reason::client_identifier_not_valid || version_ == protocol_version::v5;
    if (sayable) {
      encode(connack{.session_present = false, .code = why.code}, version_, output_);
    }
  } else if (state_ == state::connected && version_ == protocol_version::v5) {
    encode(mqtt::disconnect{.code = why.code}, version_, output_);
  }
  end({.code = why.code, .what = why.what});
}

void server_connection::end(const closing& why) {
  if (state_ == state::closed) return;
  state_ = state::closed;
  handler_.on_closed(why);
}

void server_connection::arm_keep_alive(clock::time_point now) {
  // MQTT-3.1.2-22: one and a half times the interval; 0 turns it off.
  deadline_ = keep_alive_s_ == 0 ? clock::time_point::max() : now + std::chrono::milliseconds(1500) * keep_alive_s_;
}

}  // namespace perigee::wire::mqtt

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
    // Before its length is looked at, so that the answer is the same however the stream is cut.
    if (state_ == state::connected && taken < in.size() && !may_start_packet(in[taken], version_)) {
      break_off({reason::malformed_packet, "no packet starts like this"});
      break;
    }
    const auto next = next_frame(in.subspan(taken), packet_bytes_max());
    if (!next) {
      break_off(next.error());
      break;
    }
    wanted_ = next->bytes;
    if (!next->complete) break;
    taken += next->bytes;
    ++packets_.in;
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
    end({.code = reason::maximum_connect_time, .what = "the client was not connected in time"});
  }
}

bool server_connection::paused() const {
  if (state_ == state::connected) {
    return version_ != protocol_version::v5 && unacknowledged_ >= options_.receive_maximum;
  }
  return state_ != state::awaiting_connect && state_ != state::authenticating;
}

std::size_t server_connection::packet_bytes_max() const {
  if (state_ != state::connected) {
    return std::min<std::size_t>(options_.packet_bytes_max, limits::mqtt_connect_bytes_max);
  }
  return options_.packet_bytes_max;
}

void server_connection::on_frame(const frame& f) {
  if (state_ == state::awaiting_connect) return on_first_packet(f);
  const bool is_publish = f.first_byte >> 4 == static_cast<int>(packet_type::publish);
  if (is_publish && state_ == state::connected) return on_publish_frame(f);
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
    version_ = version_to_refuse_in(f.body);
    return break_off(p.error());
  }
  const auto& hello = std::get<connect>(*p);
  version_ = hello.version;
  take_terms(hello);
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
      case property_id::topic_alias_maximum:
        aliases_out_.set_max(
            static_cast<std::uint16_t>(std::min<std::uint32_t>(p.number, limits::mqtt_topic_aliases_out_max)));
        break;
      case property_id::request_response_information: wants_response_information_ = p.number == 1; break;
      case property_id::request_problem_information: wants_problem_information_ = p.number == 1; break;
      case property_id::authentication_method: auth_method_ = p.text; break;
      default: break;
    }
  }
  if (!auth_method_.empty()) auth_turn_ = turn::servers;
  send_quota_ = peer_receive_maximum_;
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
  return message.topic_alias ? aliases_in_.resolve(message, options_.topic_alias_maximum) : decoded<>();
}

void server_connection::on_packet(const packet& p) {
  if (const auto* step = std::get_if<mqtt::auth>(&p)) return on_auth(*step);
  if (const auto* farewell = std::get_if<mqtt::disconnect>(&p)) return on_disconnect(*farewell);
  if (state_ == state::authenticating) {  // MQTT-3.1.4-6 lets a client send nothing else before CONNACK
    return break_off({reason::protocol_error, "a packet other than AUTH while the client authenticates itself"});
  }
  if (const auto* request = std::get_if<subscribe>(&p)) return handler_.on_subscribe(*request);
  if (const auto* request = std::get_if<unsubscribe>(&p)) return handler_.on_unsubscribe(*request);
  if (const auto* a = std::get_if<acknowledgement>(&p)) return on_acknowledgement(*a);
  if (const auto* asked = std::get_if<ping>(&p); asked != nullptr && asked->type == packet_type::pingreq) {
    ++packets_.out;
    return encode(ping{packet_type::pingresp}, output_);
  }
  if (std::holds_alternative<connect>(p)) return break_off({reason::protocol_error, "a second CONNECT"});  // 3.1.0-2
  break_off({reason::protocol_error, "a packet that a client does not send here"});
}

void server_connection::on_acknowledgement(const acknowledgement& a) {
  switch (a.type) {
    case packet_type::puback: gain_quota(); return handler_.on_acknowledged(a.packet_id, a.code);
    case packet_type::pubrec:
      if (is_failure(a.code)) gain_quota();
      return handler_.on_received(a.packet_id, a.code);
    case packet_type::pubrel: return handler_.on_release(a.packet_id);
    default: gain_quota(); return handler_.on_completed(a.packet_id, a.code);
  }
}

/// MQTT5 4.9: never above where it began. A PUBCOMP may be of a message that a connection before has sent.
void server_connection::gain_quota() {
  if (send_quota_ < peer_receive_maximum_) ++send_quota_;
}

void server_connection::on_auth(const mqtt::auth& step) {
  if (auto ok = check_auth(step); !ok) return break_off(ok.error());
  const bool begins = step.code == reason::re_authenticate;
  auth_steps_ = begins ? 1 : static_cast<std::uint8_t>(auth_steps_ + 1);
  auth_turn_ = turn::servers;
  if (state_ == state::authenticating) state_ = state::answering;
  const auto data = find_property(step.properties, property_id::authentication_data);
  handler_.on_auth({step.code, auth_method_, data ? as_bytes(data->text) : byte_view()});
}

decoded<> server_connection::check_auth(const mqtt::auth& step) const {
  if (auth_method_.empty()) {  // MQTT-4.12.0-7
    return mqtt::refuse(reason::protocol_error, "AUTH of a client whose CONNECT named no authentication method");
  }
  const auto method = find_property(step.properties, property_id::authentication_method);
  if (!method || method->text != auth_method_) {  // MQTT-4.12.0-5, MQTT-4.12.1-1
    return mqtt::refuse(reason::protocol_error, "AUTH does not name the authentication method of CONNECT");
  }
  const bool begins = state_ == state::connected && auth_turn_ == turn::nobodys;
  const auto expected = begins ? reason::re_authenticate : reason::continue_authentication;
  if (step.code != expected || (!begins && auth_turn_ != turn::clients)) {  // MQTT-4.12.0-3
    return mqtt::refuse(reason::protocol_error, "AUTH out of turn");
  }
  const auto data = find_property(step.properties, property_id::authentication_data);
  if (data && data->text.size() > limits::mqtt_auth_data_bytes_max) {
    return mqtt::refuse(reason::packet_too_large, "the authentication data is over its bound");
  }
  if (!begins && auth_steps_ >= limits::mqtt_auth_steps_max) {
    return mqtt::refuse(reason::not_authorized, "the authentication takes too many steps");
  }
  return {};
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

void server_connection::break_off(const protocol_error& why) {
  if (state_ == state::awaiting_connect || state_ == state::authenticating) {
    // MQTT5 4.13.1: a CONNACK may carry the code. 3.1.1 has one for the version and one for the identifier only.
    const bool sayable = why.code == reason::unsupported_protocol_version ||
                         why.code == reason::client_identifier_not_valid || version_ == protocol_version::v5;
    if (sayable) send_refusal(why.code, {.reason_string = why.what});
  } else if (state_ == state::connected) {
    send_farewell(why.code, {.reason_string = why.what});
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

#include "wire/mqtt/client_connection.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace perigee::wire::mqtt {

client_connection::client_connection(client_handler& handler, const client_options& options, clock::time_point now)
    : handler_(handler),
      options_(options),
      window_(options.inflight_max),
      now_(now),
      deadline_(now + options.connect_timeout) {}

void client_connection::open(const connect& hello) {
  PG_CHECK(state_ == state::idle, "a connection is opened once");
  PG_CHECK(hello.version == protocol_version::v5, "the client speaks MQTT 5");
  keep_alive_s_ = hello.keep_alive_s;
  state_ = state::connecting;
  encode(hello, output_);
}

std::size_t client_connection::on_bytes(byte_view in, clock::time_point now) {
  now_ = now;
  std::size_t taken = 0;
  wanted_ = 0;
  while (state_ == state::connecting || state_ == state::connected) {
    const auto next = next_frame(in.subspan(taken), options_.packet_bytes_max);
    if (!next) {
      break_off(next.error());
      break;
    }
    wanted_ = next->bytes;
    if (!next->complete) break;
    taken += next->bytes;
    wanted_ = 0;
    const auto p = decode(next->first_byte, next->body, protocol_version::v5);
    if (!p) {
      break_off(p.error());
      break;
    }
    on_packet(*p);
  }
  return taken;
}

void client_connection::on_end() { end(reason::success, "the connection was lost"); }

void client_connection::on_tick(clock::time_point now) {
  now_ = now;
  if (now < deadline_ || state_ == state::closed || state_ == state::idle) return;
  if (state_ == state::connecting) return end(reason::maximum_connect_time, "no CONNACK came in time");
  if (ping_out_) return break_off({reason::keep_alive_timeout, "a PINGREQ stayed without an answer"});
  encode(ping{packet_type::pingreq}, output_);
  ping_out_ = true;
  deadline_ = now + std::chrono::milliseconds(500) * keep_alive_s_;
}

void client_connection::on_packet(const packet& p) {
  if (const auto* answer = std::get_if<connack>(&p); answer != nullptr && state_ == state::connecting) {
    return on_connack(*answer);
  }
  if (state_ != state::connected) return break_off({reason::protocol_error, "the first packet is not CONNACK"});
  if (const auto* message = std::get_if<mqtt::publish>(&p)) return on_message(*message);
  if (const auto* a = std::get_if<acknowledgement>(&p); a != nullptr && a->type == packet_type::puback) {
    return on_puback(*a);
  }
  if (const auto* a = std::get_if<subscription_ack>(&p)) return handler_.on_subscribed(a->packet_id, a->codes);
  if (const auto* answer = std::get_if<ping>(&p); answer != nullptr && answer->type == packet_type::pingresp) {
    ping_out_ = false;
    deadline_ = now_ + std::chrono::seconds(keep_alive_s_);
    return;
  }
  if (const auto* farewell = std::get_if<mqtt::disconnect>(&p)) return end(farewell->code, "the server disconnected");
  break_off({reason::protocol_error, "a packet that a server does not send here"});
}

void client_connection::on_connack(const connack& answer) {
  if (is_failure(answer.code)) return end(answer.code, "the server refused the connection");
  auto window = options_.inflight_max;
  property_reader reader(answer.properties);
  for (property p; reader.next(p);) {
    switch (p.id) {
      case property_id::receive_maximum: window = std::min(window, static_cast<std::uint16_t>(p.number)); break;
      case property_id::maximum_packet_size: server_packet_bytes_max_ = p.number; break;
      case property_id::server_keep_alive: keep_alive_s_ = static_cast<std::uint16_t>(p.number); break;
      default: break;
    }
  }
  window_.set_messages_max(window);
  state_ = state::connected;
  deadline_ = keep_alive_s_ == 0 ? clock::time_point::max() : now_ + std::chrono::seconds(keep_alive_s_);
  handler_.on_connected(answer);
}

void client_connection::on_message(const mqtt::publish& message) {
  if (message.topic_alias) {  // we announce a topic alias maximum of 0: MQTT5 3.3.2.3.4
    return break_off({reason::topic_alias_invalid, "the server uses a topic alias that was not granted"});
  }
  if (message.qos == qos::exactly_once) {
    return break_off({reason::qos_not_supported, "the server sent QoS 2 and none was asked for"});
  }
  handler_.on_message(message);
}

void client_connection::on_puback(const acknowledgement& a) {
  const auto tag = window_.acknowledge(a.packet_id);
  if (tag) handler_.on_acknowledged(*tag, a.code);
}

result<> client_connection::publish(const mqtt::publish& message, std::uint64_t tag) {
  if (state_ == state::closed) return fail(errc::closed, "the connection is closed");
  if (message.qos == qos::exactly_once) return fail(errc::unsupported, "QoS 2 is not served here");
  if (state_ != state::connected) return fail(errc::full, "the connection is not open yet");
  const bool counts = message.qos == qos::at_least_once;
  if (counts && window_.full()) return fail(errc::full, "the window is shut until the server acknowledges");
  if (encoded_size(message, protocol_version::v5) > server_packet_bytes_max_) {
    return fail(errc::too_large, "the message is over the server's maximum packet size");
  }
  auto out = message;
  if (counts) out.packet_id = window_.push(tag);
  encode(out, protocol_version::v5, output_);
  return {};
}

/// Requests and messages share the identifiers (MQTT5 2.2.1). The window draws from below upwards in turn; a request
/// takes the next one from the top that is not in flight, and is answered at once.
packet_id client_connection::next_request_id() {
  for (;;) {
    request_id_ = request_id_ <= 1 ? packet_id{65'535} : static_cast<packet_id>(request_id_ - 1);
    if (!window_.holds(request_id_)) return request_id_;
  }
}

result<packet_id> client_connection::subscribe(const subscription& s) {
  if (state_ != state::connected) return fail(errc::closed, "the connection is not open");
  byte_buffer filters;
  append_filter(filters, s);
  const mqtt::subscribe request{.packet_id = next_request_id(), .filters = filters};
  encode(request, protocol_version::v5, output_);
  return request.packet_id;
}

result<packet_id> client_connection::unsubscribe(std::string_view filter) {
  if (state_ != state::connected) return fail(errc::closed, "the connection is not open");
  byte_buffer filters;
  append_filter(filters, filter);
  const mqtt::unsubscribe request{.packet_id = next_request_id(), .filters = filters};
  encode(request, protocol_version::v5, output_);
  return request.packet_id;
}

void client_connection::ack(packet_id id, reason code) {
  if (state_ != state::connected) return;
  encode(acknowledgement{.type = packet_type::puback, .packet_id = id, .code = code}, protocol_version::v5, output_);
}

void client_connection::disconnect(reason code) {
  if (state_ == state::connected) {
    encode(mqtt::disconnect{.code = code}, protocol_version::v5, output_);
  }
  state_ = state::closed;
}

void client_connection::break_off(const protocol_error& why) {
  if (state_ == state::connected) {
    encode(mqtt::disconnect{.code = why.code}, protocol_version::v5, output_);
  }
  end(why.code, why.what);
}

void client_connection::end(reason code, const char* what) {
  if (state_ == state::closed) return;
  state_ = state::closed;
  handler_.on_closed(code, what);
}

}  // namespace perigee::wire::mqtt

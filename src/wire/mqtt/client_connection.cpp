#include "wire/mqtt/client_connection.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace perigee::wire::mqtt {

using stage = client_session::stage;

client_connection::client_connection(client_handler& handler, const client_options& options, clock::time_point now)
    : handler_(handler),
      options_(options),
      session_(options.session == nullptr ? &own_session_ : options.session),
      now_(now),
      deadline_(now + options.connect_timeout) {}

void client_connection::open(const connect& hello) {
  PG_CHECK(state_ == state::idle, "a connection is opened once");
  version_ = hello.version;
  keep_alive_s_ = hello.keep_alive_s;
  clean_start_ = hello.clean_start;
  state_ = state::connecting;
  auto out = hello;
  auto properties = to_buffer(hello.properties);
  if (version_ == protocol_version::v5) {
    property_writer more(properties);
    more.number(property_id::receive_maximum, options_.receive_maximum);
    more.number(property_id::maximum_packet_size, options_.packet_bytes_max);
    out.properties = properties;
  }
  encode(out, output_);
}

bool client_connection::paused() const {
  return held_ || (version_ != protocol_version::v5 && unacknowledged_ >= options_.receive_maximum);
}

std::size_t client_connection::on_bytes(byte_view in, clock::time_point now) {
  now_ = now;
  std::size_t taken = 0;
  wanted_ = 0;
  while ((state_ == state::connecting || state_ == state::connected) && !paused()) {
    const auto next = next_frame(in.subspan(taken), options_.packet_bytes_max);
    if (!next) {
      break_off(next.error());
      break;
    }
    wanted_ = next->bytes;
    if (!next->complete) break;
    const auto p = decode(next->first_byte, next->body, version_);
    if (!p) {
      break_off(p.error());
      break;
    }
    on_packet(*p);
    if (held_) break;
    taken += next->bytes;
    wanted_ = 0;
  }
  return taken;
}

void client_connection::on_end() { end(reason::success, "the connection was lost"); }

void client_connection::on_tick(clock::time_point now) {
  now_ = now;
  if (now < deadline_ || state_ == state::closed || state_ == state::idle) return;
  if (state_ == state::connecting) return end(reason::maximum_connect_time, "no CONNACK came in time");
  // While nothing is read, an answer may be here and not be seen.
  if (ping_out_ && !paused()) return break_off({reason::keep_alive_timeout, "a PINGREQ stayed without an answer"});
  if (!ping_out_) encode(ping{packet_type::pingreq}, output_);
  ping_out_ = true;
  deadline_ = now + std::chrono::milliseconds(500) * keep_alive_s_;
}

void client_connection::on_packet(const packet& p) {
  if (const auto* answer = std::get_if<connack>(&p); answer != nullptr && state_ == state::connecting) {
    return on_connack(*answer);
  }
  if (state_ != state::connected) return break_off({reason::protocol_error, "the first packet is not CONNACK"});
  if (const auto* message = std::get_if<mqtt::publish>(&p)) return on_message(*message);
  if (const auto* a = std::get_if<acknowledgement>(&p)) return on_acknowledgement(*a);
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
  if (answer.session_present && clean_start_) {  // MQTT5 3.2.2.1.1
    return break_off({reason::protocol_error, "the server goes on with a session that was not asked for"});
  }
  take_terms(answer.properties);
  state_ = state::connected;
  deadline_ = keep_alive_s_ == 0 ? clock::time_point::max() : now_ + std::chrono::seconds(keep_alive_s_);
  take_session(answer.session_present);
  send_again();
  handler_.on_connected(answer);
}

void client_connection::take_terms(byte_view properties) {
  property_reader reader(properties);
  for (property p; reader.next(p);) {
    switch (p.id) {
      case property_id::receive_maximum: terms_.receive_maximum = static_cast<std::uint16_t>(p.number); break;
      case property_id::maximum_packet_size: terms_.packet_bytes_max = p.number; break;
      case property_id::maximum_qos: terms_.qos_max = static_cast<qos>(p.number); break;
      case property_id::retain_available: terms_.retain_available = p.number != 0; break;
      case property_id::wildcard_subscription_available: terms_.wildcards_available = p.number != 0; break;
      case property_id::server_keep_alive: keep_alive_s_ = static_cast<std::uint16_t>(p.number); break;
      default: break;
    }
  }
}

/// Where the server has the session, what it did not acknowledge to the end is sent again under the same identifiers
/// (MQTT5 4.4). Where it has none, that of ours ends (3.2.2.1.1): what it has seen no more of goes out as new.
void client_connection::take_session(bool present) {
  for (auto& [id, each] : session_->received()) each.asked = false;
  if (!present) session_->received().clear();
  if (!session_->keeps_messages()) return;
  std::vector<packet_id> ended;
  session_->for_each([&](packet_id id, client_session::outgoing& each) {
    if (!present && each.stage != stage::published) return ended.push_back(id);
    constexpr std::uint8_t duplicate = 0x08;
    if (each.stage == stage::published && present) each.packet.front() |= duplicate;  // MQTT5 3.3.1.1
    again_.push_back(id);
  });
  for (const auto id : ended) finish(id, reason::success);
}

/// As much of it as the server's window allows.
void client_connection::send_again() {
  while (!again_.empty() && session_->in_flight() - again_.size() < terms_.receive_maximum) {
    const auto id = again_.front();
    again_.pop_front();
    const auto* each = session_->find(id);
    if (each == nullptr) continue;
    if (each->stage == stage::published) {
      output_.insert(output_.end(), each->packet.begin(), each->packet.end());
    } else if (each->stage == stage::released) {
      answer(packet_type::pubrel, id, reason::success);
    }
  }
}

void client_connection::on_message(const mqtt::publish& message) {
  if (message.topic_alias) {  // we announce a topic alias maximum of 0: MQTT5 3.3.2.3.4
    return break_off({reason::topic_alias_invalid, "the server uses a topic alias that was not granted"});
  }
  if (message.qos == qos::at_most_once) return handler_.on_message(message);
  if (unacknowledged_ >= options_.receive_maximum) {
    return break_off({reason::receive_maximum_exceeded, "the server sends more than was granted"});  // MQTT5 3.3.4
  }
  if (message.qos == qos::exactly_once) return on_once(message);
  ++unacknowledged_;
  handler_.on_message(message);
  if (held_) --unacknowledged_;
}

/// MQTT5 4.3.3: a message of QoS 2 is handed on when it first comes, and only acknowledged when it comes again.
void client_connection::on_once(const mqtt::publish& message) {
  const auto id = message.packet_id;
  auto& received = session_->received();
  const auto known = received.find(id);
  if (known != received.end()) {
    if (!std::exchange(known->second.asked, true)) ++unacknowledged_;
    if (known->second.safe) ack(id);
    return;
  }
  received.insert_or_assign(id, client_session::incoming{.asked = true});
  ++unacknowledged_;
  handler_.on_message(message);
  if (!held_) return;
  received.erase(id);
  --unacknowledged_;
}

void client_connection::ack(packet_id id, reason code) {
  auto& received = session_->received();
  const auto known = received.find(id);
  const bool once = known != received.end();
  if (once) {
    known->second.safe = true;
    if (!known->second.asked) return;  // the server has not sent it over this connection yet
    if (is_failure(code)) received.erase(known);
  }
  if (state_ != state::connected) return;
  if (unacknowledged_ != 0) --unacknowledged_;
  answer(once ? packet_type::pubrec : packet_type::puback, id, code);
}

void client_connection::on_acknowledgement(const acknowledgement& a) {
  const auto* sent = a.type == packet_type::pubrel ? nullptr : session_->find(a.packet_id);
  if (sent != nullptr && (sent->qos == qos::at_least_once) != (a.type == packet_type::puback)) {
    return break_off({reason::protocol_error, "the acknowledgement is that of another QoS"});
  }
  switch (a.type) {
    case packet_type::puback: return finish(a.packet_id, a.code);
    case packet_type::pubrec: return on_pubrec(a);
    case packet_type::pubrel: return on_pubrel(a.packet_id);
    // packet_identifier_not_found: it was completed before, and the answer did not come through.
    default: return finish(a.packet_id, reason::success);
  }
}

void client_connection::on_pubrec(const acknowledgement& a) {
  auto* sent = session_->find(a.packet_id);
  if (sent == nullptr) return answer(packet_type::pubrel, a.packet_id, reason::packet_identifier_not_found);
  if (is_failure(a.code)) return finish(a.packet_id, a.code);
  if (sent->stage == stage::released) return answer(packet_type::pubrel, a.packet_id, reason::success);
  if (sent->stage == stage::received) return;
  sent->stage = stage::received;
  if (handler_.on_received(a.packet_id, sent->tag)) release(a.packet_id);
}

void client_connection::release(packet_id id) {
  auto* sent = session_->find(id);
  if (sent == nullptr || sent->stage != stage::received) return;
  sent->stage = stage::released;
  answer(packet_type::pubrel, id, reason::success);
}

void client_connection::release_again(std::uint64_t tag, std::size_t stream) {
  const auto id = session_->push(stream, {.tag = tag, .qos = qos::exactly_once, .stage = stage::released});
  answer(packet_type::pubrel, id, reason::success);
}

void client_connection::on_pubrel(packet_id id) {
  if (!session_->received().contains(id)) return answer(packet_type::pubcomp, id, reason::packet_identifier_not_found);
  if (handler_.on_release(id)) complete(id);
}

void client_connection::complete(packet_id id) {
  session_->received().erase(id);
  answer(packet_type::pubcomp, id, reason::success);
}

void client_connection::finish(packet_id id, reason code) {
  const auto done = session_->finish(id);
  if (!done) return;
  send_again();
  handler_.on_acknowledged(done->tag, code);
}

bool client_connection::can_publish(std::size_t stream) const {
  return connected() && again_.empty() && session_->in_flight() < terms_.receive_maximum && !session_->full(stream);
}

result<> client_connection::publish(const mqtt::publish& message, std::uint64_t tag, std::size_t stream) {
  if (state_ == state::closed) return fail(errc::closed, "the connection is closed");
  if (state_ != state::connected) return fail(errc::full, "the connection is not open yet");
  if (message.qos > terms_.qos_max) return fail(errc::unsupported, "the server does not serve this QoS");
  if (message.retain && !terms_.retain_available) return fail(errc::unsupported, "the server retains nothing");
  const bool counts = message.qos != qos::at_most_once;
  if (counts && !can_publish(stream)) return fail(errc::full, "the window is shut until the server acknowledges");
  if (encoded_size(message, version_) > terms_.packet_bytes_max) {
    return fail(errc::too_large, "the message is over the server's maximum packet size");
  }
  auto out = message;
  if (counts) out.packet_id = session_->push(stream, {.tag = tag, .qos = message.qos});
  const auto before = output_.size();
  encode(out, version_, output_);
  if (counts && session_->keeps_messages()) {
    session_->find(out.packet_id)->packet = to_buffer(byte_view(output_).subspan(before));
  }
  return {};
}

void client_connection::answer(packet_type with, packet_id id, reason code) {
  if (state_ == state::closed) return;
  encode(acknowledgement{.type = with, .packet_id = id, .code = code}, version_, output_);
}

/// The next one from the top; each is answered at once.
packet_id client_connection::next_request_id() {
  request_id_ =
      request_id_ <= client_session::first_request_id ? packet_id{65'535} : static_cast<packet_id>(request_id_ - 1);
  return request_id_;
}

result<packet_id> client_connection::subscribe(const subscription& s) {
  if (state_ != state::connected) return fail(errc::closed, "the connection is not open");
  auto plain = s;
  if (version_ != protocol_version::v5) plain = {.filter = s.filter, .qos = s.qos};  // MQTT 3.1.1 3.8.3: reserved bits
  byte_buffer filters;
  append_filter(filters, plain);
  const mqtt::subscribe request{.packet_id = next_request_id(), .filters = filters};
  encode(request, version_, output_);
  return request.packet_id;
}

result<packet_id> client_connection::unsubscribe(std::string_view filter) {
  if (state_ != state::connected) return fail(errc::closed, "the connection is not open");
  byte_buffer filters;
  append_filter(filters, filter);
  const mqtt::unsubscribe request{.packet_id = next_request_id(), .filters = filters};
  encode(request, version_, output_);
  return request.packet_id;
}

void client_connection::disconnect(reason code) {
  if (state_ == state::connected) encode(mqtt::disconnect{.code = code}, version_, output_);
  state_ = state::closed;
}

/// Before MQTT 5 a DISCONNECT means that all is well, so there is none here.
void client_connection::break_off(const protocol_error& why) {
  if (state_ == state::connected && version_ == protocol_version::v5) {
    encode(mqtt::disconnect{.code = why.code}, version_, output_);
  }
  end(why.code, why.what);
}

void client_connection::end(reason code, const char* what) {
  if (state_ == state::closed) return;
  state_ = state::closed;
  handler_.on_closed(code, what);
}

}  // namespace perigee::wire::mqtt

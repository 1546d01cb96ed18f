// What a server_connection sends.

#include "base/check.hpp"
#include "wire/mqtt/server_connection.hpp"

namespace perigee::wire::mqtt {
namespace {

/// Properties in wire form; the first `essential_bytes` of them must reach the client.
struct property_block {
  byte_buffer bytes{};
  std::size_t essential_bytes = 0;
};

void put_reason_string(std::string_view why, byte_buffer& block) {
  if (!why.empty()) property_writer(block).text(property_id::reason_string, why);
}

property_block block_of(const explanation& why) {
  property_block out;
  property_writer properties(out.bytes);
  if (!why.server_reference.empty()) properties.text(property_id::server_reference, why.server_reference);
  out.essential_bytes = out.bytes.size();
  put_reason_string(why.reason_string, out.bytes);
  out.bytes.insert(out.bytes.end(), why.user_properties.begin(), why.user_properties.end());
  return out;
}

}  // namespace

/// Sends the packet where the client takes one of its size, without the inessential properties if need be
/// (MQTT-3.1.2-24 and the like of MQTT-3.2.2-19).
template <class Packet>
bool server_connection::put(Packet p, std::size_t essential_bytes) {
  const auto before = output_.size();
  encode(p, version_, output_);
  if (output_.size() - before <= peer_packet_bytes_max_) {
    ++packets_.out;
    return true;
  }
  output_.resize(before);
  if (p.properties.size() == essential_bytes) return false;
  p.properties = p.properties.first(essential_bytes);
  return put(p, essential_bytes);
}

/// The essential part of CONNACK's properties: MQTT5 3.2.2.3.
std::size_t server_connection::put_terms(const acceptance& granted, byte_buffer& block) const {
  property_writer properties(block);
  properties.number(property_id::receive_maximum, options_.receive_maximum)
      .number(property_id::maximum_packet_size, options_.packet_bytes_max)
      .number(property_id::topic_alias_maximum, options_.topic_alias_maximum);
  if (!granted.assigned_client_id.empty()) {
    properties.text(property_id::assigned_client_identifier, granted.assigned_client_id);
  }
  if (granted.session_expiry_s) properties.number(property_id::session_expiry_interval, *granted.session_expiry_s);
  if (keep_alive_changed_) properties.number(property_id::server_keep_alive, keep_alive_s_);
  if (!auth_method_.empty()) {  // MQTT-4.12.0-5, MQTT-4.12.0-6
    properties.text(property_id::authentication_method, auth_method_);
    if (!granted.authentication_data.empty()) {
      properties.text(property_id::authentication_data, as_text(granted.authentication_data));
    }
  }
  if (wants_response_information_ && !granted.response_information.empty()) {  // MQTT-3.1.2-28
    properties.text(property_id::response_information, granted.response_information);
  }
  return block.size();
}

bool server_connection::accept(const acceptance& granted) {
  PG_CHECK(state_ == state::answering, "CONNACK without CONNECT");
  byte_buffer block;
  std::size_t essential_bytes = 0;
  if (version_ == protocol_version::v5) {
    essential_bytes = put_terms(granted, block);
    block.insert(block.end(), granted.user_properties.begin(), granted.user_properties.end());
  }
  const connack answer{.session_present = granted.session_present, .code = reason::success, .properties = block};
  if (!put(answer, essential_bytes)) {
    refuse(reason::packet_too_large);
    return false;
  }
  state_ = state::connected;
  auth_turn_ = turn::nobodys;
  arm_keep_alive(now_);
  return true;
}

void server_connection::refuse(reason code, const explanation& why) {
  PG_CHECK(state_ == state::answering || state_ == state::awaiting_connect, "CONNACK after CONNACK");
  send_refusal(code, why);
  state_ = state::closed;
}

void server_connection::send_refusal(reason code, const explanation& why) {
  const auto block = block_of(why);
  (void)put(connack{.session_present = false, .code = code, .properties = block.bytes}, block.essential_bytes);
}

void server_connection::disconnect(reason code, const explanation& why) {
  if (state_ == state::closed) return;
  if (state_ == state::connected) send_farewell(code, why);
  state_ = state::closed;
}

void server_connection::send_farewell(reason code, const explanation& why) {
  if (version_ != protocol_version::v5) return;
  const auto block = block_of(why);
  (void)put(mqtt::disconnect{.code = code, .properties = block.bytes}, block.essential_bytes);
}

void server_connection::challenge(byte_view data) {
  PG_CHECK(auth_turn_ == turn::servers, "AUTH out of turn");
  if (state_ == state::answering) state_ = state::authenticating;
  auth_turn_ = turn::clients;
  send_auth(reason::continue_authentication, data);
}

void server_connection::confirm(byte_view data) {
  PG_CHECK(state_ == state::connected && auth_turn_ == turn::servers, "AUTH out of turn");
  auth_turn_ = turn::nobodys;
  send_auth(reason::success, data);
}

void server_connection::send_auth(reason code, byte_view data) {
  byte_buffer block;
  property_writer properties(block);
  properties.text(property_id::authentication_method, auth_method_);
  if (!data.empty()) properties.text(property_id::authentication_data, as_text(data));
  if (put(mqtt::auth{.code = code, .properties = block}, block.size())) return;
  end({.code = reason::packet_too_large, .what = "the client takes no packet as large as its authentication's"});
}

bool server_connection::send(const publish& message) {
  if (state_ != state::connected) return false;
  const auto [alias, is_new] = aliases_out_.choose(message.topic);
  auto named = message;
  if (alias != 0 && !is_new) named.topic = {};
  if (alias != 0 && encoded_size_aliased(named) <= peer_packet_bytes_max_) {
    encode_aliased(named, alias, output_);
    if (is_new) aliases_out_.keep(message.topic);
  } else {
    if (peer_packet_bytes_max_ != UINT32_MAX && encoded_size(message, version_) > peer_packet_bytes_max_) return false;
    encode(message, version_, output_);
  }
  ++packets_.out;
  if (message.qos != qos::at_most_once && send_quota_ > 0) --send_quota_;
  return true;
}

bool server_connection::send_encoded(byte_view encoded, qos with) {
  if (state_ != state::connected || encoded.size() > peer_packet_bytes_max_) return false;
  output_.insert(output_.end(), encoded.begin(), encoded.end());
  ++packets_.out;
  if (with != qos::at_most_once && send_quota_ > 0) --send_quota_;
  return true;
}

void server_connection::release(packet_id id, reason code) {
  if (state_ != state::connected) return;
  encode(acknowledgement{.type = packet_type::pubrel, .packet_id = id, .code = code}, version_, output_);
  ++packets_.out;
}

void server_connection::ack(packet_id id, reason code, std::string_view why) {
  (void)answers(id, packet_type::puback, code, why);
}

void server_connection::receive(packet_id id, reason code, std::string_view why) {
  if (answers(id, packet_type::pubrec, code, why) && !is_failure(code)) ++unreleased_;
}

bool server_connection::answers(packet_id id, packet_type with, reason code, std::string_view why) {
  if (state_ != state::connected) return false;
  PG_CHECK(unacknowledged_ > 0, "an answer without a PUBLISH");
  --unacknowledged_;
  if (is_failure(code) && version_ != protocol_version::v5) {
    end({.code = code, .what = "a message was refused, which 3.1.1 cannot say"});
    return false;
  }
  byte_buffer block;
  if (wants_problem_information_) put_reason_string(why, block);  // MQTT-3.1.2-29
  (void)put(acknowledgement{.type = with, .packet_id = id, .code = code, .properties = block});
  return true;
}

void server_connection::complete(packet_id id, reason code) {
  if (state_ != state::connected) return;
  if (unreleased_ > 0) --unreleased_;  // it may be of a connection before
  encode(acknowledgement{.type = packet_type::pubcomp, .packet_id = id, .code = code}, version_, output_);
  ++packets_.out;
}

void server_connection::suback(packet_id id, byte_view codes, std::string_view why) {
  subscribed(packet_type::suback, id, codes, why);
}

void server_connection::unsuback(packet_id id, byte_view codes, std::string_view why) {
  subscribed(packet_type::unsuback, id, codes, why);
}

void server_connection::subscribed(packet_type with, packet_id id, byte_view codes, std::string_view why) {
  if (state_ != state::connected) return;
  byte_buffer block;
  if (wants_problem_information_) put_reason_string(why, block);
  if (put(subscription_ack{.type = with, .packet_id = id, .codes = codes, .properties = block})) return;
  end({.code = reason::packet_too_large, .what = "the client takes no packet as large as the answer it asked for"});
}

}  // namespace perigee::wire::mqtt

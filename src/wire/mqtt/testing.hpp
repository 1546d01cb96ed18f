#pragma once
// What tests and fuzz targets share, here and in doors/mqtt.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "wire/mqtt/server_connection.hpp"

namespace perigee::wire::mqtt::testing {

/// "30 05 'topic' 0a": hexadecimal bytes, and text between single quotes.
inline byte_buffer bytes_of(std::string_view written) {
  const auto nibble = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  byte_buffer out;
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] == ' ') continue;
    if (written[i] == '\'') {
      while (written[++i] != '\'') out.push_back(static_cast<std::uint8_t>(written[i]));
      continue;
    }
    out.push_back(static_cast<std::uint8_t>(nibble(written[i]) * 16 + nibble(written[i + 1])));
    ++i;
  }
  return out;
}

inline std::string hex_of(byte_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const auto b : bytes) {
    if (!out.empty()) out += ' ';
    out += digits[b >> 4];
    out += digits[b & 15];
  }
  return out;
}

/// One packet in a line, without properties: "disconnect protocol error", "puback 7 success", "publish a hey".
inline std::string line_of(const packet& p) {
  constexpr std::string_view names[] = {"",        "connect",  "connack",    "publish", "puback",      "pubrec",
                                        "pubrel",  "pubcomp",  "subscribe",  "suback",  "unsubscribe", "unsuback",
                                        "pingreq", "pingresp", "disconnect", "auth"};
  const auto name = [&](packet_type type) { return std::string(names[static_cast<std::size_t>(type)]); };
  if (const auto* a = std::get_if<connack>(&p)) {
    return "connack " + std::string(name_of(a->code)) + (a->session_present ? " present" : "");
  }
  if (const auto* a = std::get_if<publish>(&p)) {
    return "publish " + std::string(a->topic) + " " + std::string(as_text(a->payload));
  }
  if (const auto* a = std::get_if<acknowledgement>(&p)) {
    return name(a->type) + " " + std::to_string(a->packet_id) + " " + std::string(name_of(a->code));
  }
  if (const auto* a = std::get_if<subscription_ack>(&p)) {
    return name(a->type) + " " + std::to_string(a->packet_id) + (a->codes.empty() ? "" : " " + hex_of(a->codes));
  }
  if (const auto* a = std::get_if<disconnect>(&p)) return "disconnect " + std::string(name_of(a->code));
  if (const auto* a = std::get_if<auth>(&p)) return "auth " + std::string(name_of(a->code));
  if (const auto* a = std::get_if<ping>(&p)) return name(a->type);
  return "a client's packet";
}

/// Writes down what a client asks for, one line each. Accepts every client (one that names
/// an authentication method with the data "proof"), grants QoS 1 at most, acknowledges at once
/// unless told to hold.
class recording_server final : public server_handler {
 public:
  explicit recording_server(clock::time_point now = {}, server_options with = {})
      : options(with), connection(*this, options, now) {}

  void on_connect(const connect& hello) override {
    note("connect " + std::string(hello.client_id));
    if (hold_connack) return;
    if (find_property(hello.properties, property_id::authentication_method)) {
      return connection.challenge(as_bytes("prove"));
    }
    (void)connection.accept(granted);
  }
  void on_auth(const authentication& step) override {
    note("auth " + std::string(as_text(step.data)));
    if (as_text(step.data) != "proof") return connection.challenge(as_bytes("more"));
    if (connection.connected()) return connection.confirm(as_bytes("again"));
    (void)connection.accept({.authentication_data = as_bytes("done")});
  }
  void on_publish(const publish& message) override {
    note("publish " + std::string(message.topic) + " " + std::string(as_text(message.payload)));
    if (echoes) echo(message);
    if (hold_acks) return;
    if (message.qos == qos::at_least_once) connection.ack(message.packet_id, answer);
    if (message.qos == qos::exactly_once) connection.receive(message.packet_id, answer);
  }
  void on_release(packet_id id) override {
    note("release " + std::to_string(id));
    connection.complete(id, reason::success);
  }
  void on_subscribe(const subscribe& request) override {
    byte_buffer codes;
    subscription_reader reader(request);
    for (subscription s; reader.next(s);) {
      note("subscribe " + std::string(s.filter));
      codes.push_back(s.qos == qos::at_most_once ? 0 : 1);
    }
    connection.suback(request.packet_id, codes);
  }
  void on_unsubscribe(const unsubscribe& request) override {
    byte_buffer codes;
    subscription_reader reader(request);
    for (subscription s; reader.next(s);) {
      note("unsubscribe " + std::string(s.filter));
      codes.push_back(0);
    }
    connection.unsuback(request.packet_id, codes);
  }
  void on_acknowledged(packet_id id, reason code) override {
    note("acknowledged " + std::to_string(id) + " " + std::string(name_of(code)));
  }
  void on_received(packet_id id, reason code) override {
    note("received " + std::to_string(id) + " " + std::string(name_of(code)));
    if (!is_failure(code)) connection.release(id);
  }
  void on_completed(packet_id id, reason code) override {
    note("completed " + std::to_string(id) + " " + std::string(name_of(code)));
  }
  void on_closed(const closing& why) override {
    note("closed " + std::string(name_of(why.code)) + (why.send_will ? " will" : ""));
  }

  /// Everything at once; what is not taken is given back.
  std::size_t feed(std::string_view written, clock::time_point now = {}) {
    return connection.on_bytes(bytes_of(written), now);
  }
  /// The bytes sent since the last call.
  std::string sent() {
    auto out = hex_of(connection.output());
    connection.output().clear();
    return out;
  }
  /// The packets sent since the last call, as line_of gives them.
  std::vector<std::string> said() {
    std::vector<std::string> out;
    const auto all = std::exchange(connection.output(), {});
    for (byte_view rest = all; !rest.empty();) {
      const auto f = next_frame(rest, rest.size());
      if (!f || !f->complete) return {"half a packet"};
      const auto p = decode(f->first_byte, f->body, connection.version());
      out.push_back(p ? line_of(*p) : p.error().what);
      rest = rest.subspan(f->bytes);
    }
    return out;
  }
  /// The lines since the last call.
  std::vector<std::string> events() { return std::exchange(lines_, {}); }

  server_options options;
  server_connection connection;
  bool hold_connack = false;
  acceptance granted{};
  bool hold_acks = false;
  bool echoes = false;  // what is published comes back, as far as the client's window allows
  reason answer = reason::success;

 private:
  void echo(publish message) {
    if (message.qos != qos::at_most_once && connection.send_quota() == 0) return;
    message.packet_id = message.qos == qos::at_most_once ? packet_id{0} : ++echoed_;
    message.properties = {};
    message.duplicate = false;
    if (!connection.send(message)) note("too large");
  }
  void note(std::string line) { lines_.push_back(std::move(line)); }

  std::vector<std::string> lines_;
  packet_id echoed_ = 0;
};

}  // namespace perigee::wire::mqtt::testing

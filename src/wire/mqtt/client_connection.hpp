#pragma once

#include <string>
#include <variant>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "base/time.hpp"
#include "wire/mqtt/framer.hpp"
#include "wire/mqtt/packet.hpp"
#include "wire/mqtt/send_window.hpp"

namespace perigee::wire::mqtt {

/// What the server tells a client. Views are valid during the call. Any of client_connection's commands may be called
/// from inside.
class client_handler {
 public:
  virtual ~client_handler() = default;
  virtual void on_connected(const connack& answer) = 0;
  /// QoS 1: answer with `ack` when the message is safe.
  virtual void on_message(const publish& message) = 0;
  /// A PUBACK for what `publish` sent; `tag` is what came with it.
  virtual void on_acknowledged(std::uint64_t tag, reason code) = 0;
  /// A SUBACK or UNSUBACK, one code per filter.
  virtual void on_subscribed(packet_id id, byte_view codes) = 0;
  /// Once, unless we said DISCONNECT ourselves. A CONNACK that refuses ends here too, with its code.
  virtual void on_closed(reason code, const char* what) = 0;
};

struct client_options {
  nanoseconds connect_timeout = std::chrono::seconds(10);
  std::uint16_t inflight_max = limits::mqtt_inflight_out_max;  // also bounded by the server's receive maximum
  std::uint32_t packet_bytes_max = limits::mqtt_packet_bytes_max;
};

/// The client's end of one MQTT 5 connection: connect, publish with QoS 0 or 1 pipelined up to the server's window,
/// subscribe, receive, keep alive. No IO: the owner feeds it bytes and time, and sends what it finds in `output()`.
/// Carries the uplink, the tools and the simulated devices. Owned by whoever drives it, on one shard; ends when
/// `closed()`. It is for one connection: a session that goes on is opened by a new one with clean_start off, and
/// whoever owns the messages sends again what was not acknowledged.
class client_connection {
 public:
  client_connection(client_handler& handler, const client_options& options, clock::time_point now);

  /// Sends CONNECT. Once, first. `hello.version` must be v5.
  void open(const connect& hello);
  /// As server_connection's.
  [[nodiscard]] std::size_t on_bytes(byte_view in, clock::time_point now);
  void on_end();
  /// Sends PINGREQ when due; ends the connection where its answer stays out.
  void on_tick(clock::time_point now);
  [[nodiscard]] clock::time_point deadline() const { return deadline_; }

  /// QoS 0 or 1; the packet identifier is drawn here. errc::full where the window is shut or the connection is not open
  /// yet, errc::closed, errc::unsupported for QoS 2, errc::too_large over the server's maximum packet size.
  [[nodiscard]] result<> publish(const mqtt::publish& message, std::uint64_t tag = 0);
  /// One filter. The identifier comes back in on_subscribed.
  [[nodiscard]] result<packet_id> subscribe(const subscription& s);
  [[nodiscard]] result<packet_id> unsubscribe(std::string_view filter);
  void ack(packet_id id, reason code = reason::success);
  /// DISCONNECT, then closed.
  void disconnect(reason code = reason::success);

  [[nodiscard]] byte_buffer& output() { return output_; }
  [[nodiscard]] bool closed() const { return state_ == state::closed; }
  [[nodiscard]] bool connected() const { return state_ == state::connected; }
  [[nodiscard]] std::size_t packet_bytes_wanted() const { return wanted_; }
  /// Whether `publish` with QoS 1 would go out now.
  [[nodiscard]] bool can_publish() const { return connected() && !window_.full(); }
  [[nodiscard]] std::size_t in_flight() const { return window_.in_flight(); }
  [[nodiscard]] std::uint32_t server_packet_bytes_max() const { return server_packet_bytes_max_; }

 private:
  enum class state : std::uint8_t { idle, connecting, connected, closed };

  void on_packet(const packet& p);
  void on_connack(const connack& answer);
  void on_message(const mqtt::publish& message);
  void on_puback(const acknowledgement& a);
  packet_id next_request_id();
  void break_off(const protocol_error& why);
  void end(reason code, const char* what);

  client_handler& handler_;
  client_options options_;
  byte_buffer output_;
  send_window<std::uint64_t> window_;
  clock::time_point now_;       // of the last call
  clock::time_point deadline_;  // of CONNACK, of the next PINGREQ, of its answer
  std::size_t wanted_ = 0;
  std::uint32_t server_packet_bytes_max_ = UINT32_MAX;
  std::uint16_t keep_alive_s_ = 0;
  packet_id request_id_ = 0;
  state state_ = state::idle;
  bool ping_out_ = false;
};

}  // namespace perigee::wire::mqtt

#pragma once

#include <deque>
#include <optional>
#include <string>
#include <variant>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "base/time.hpp"
#include "wire/mqtt/client_session.hpp"
#include "wire/mqtt/framer.hpp"
#include "wire/mqtt/packet.hpp"

namespace perigee::wire::mqtt {

/// What the server tells a client. Views are valid during the call. Any of client_connection's commands may be called
/// from inside.
class client_handler {
 public:
  virtual ~client_handler() = default;
  virtual void on_connected(const connack& answer) = 0;
  /// QoS 1 and 2: answer with `ack` when the message is safe; or `hold` it, and it comes again. One of QoS 2 comes once
  /// in a session.
  virtual void on_message(const publish& message) = 0;
  /// The server let go of a message of QoS 2. True: it may forget the identifier; false: `complete` is called later.
  virtual bool on_release(packet_id) { return true; }
  /// PUBREC: the server has a message of QoS 2, by what came with it in `publish`. True: it is released at once; false:
  /// `release` is called later.
  virtual bool on_received(packet_id, std::uint64_t) { return true; }
  /// A PUBACK or PUBCOMP for what `publish` sent, or a PUBREC that refuses it; `tag` is what came with it.
  virtual void on_acknowledged(std::uint64_t tag, reason code) = 0;
  /// A SUBACK or UNSUBACK, one code per filter (an UNSUBACK before 5.0 has none).
  virtual void on_subscribed(packet_id id, byte_view codes) = 0;
  /// Once, unless we said DISCONNECT ourselves. A CONNACK that refuses ends here too, with its code.
  virtual void on_closed(reason code, const char* what) = 0;
};

struct client_options {
  nanoseconds connect_timeout = std::chrono::seconds(10);
  std::uint32_t packet_bytes_max = limits::mqtt_packet_bytes_max;
  /// Messages of QoS 1 and 2 that the server may send unacknowledged. MQTT 5 tells it; before that, no more is read.
  std::uint16_t receive_maximum = limits::mqtt_inflight_in_max;
  /// What is kept from one connection to the next; null: nothing is.
  client_session* session = nullptr;
};

/// What the server granted in its CONNACK (MQTT5 3.2.2.3), or what is so where it said nothing.
struct server_terms {
  std::uint16_t receive_maximum = 65'535;
  std::uint32_t packet_bytes_max = UINT32_MAX;
  qos qos_max = qos::exactly_once;
  bool retain_available = true;
  bool wildcards_available = true;
};

/// The client's end of one MQTT connection, 3.1.1 or 5: connect, publish pipelined up to the server's window,
/// subscribe, receive, keep alive. No IO: the owner feeds it bytes and time, and sends what it finds in `output()`.
/// Carries the uplink, bridges, the tools and the simulated devices. Owned by whoever drives it, on one shard; ends
/// when `closed()`. A session goes on over a new connection that is opened with clean_start off and the same
/// client_session.
class client_connection {
 public:
  client_connection(client_handler& handler, const client_options& options, clock::time_point now);
  client_connection(const client_connection&) = delete;
  client_connection& operator=(const client_connection&) = delete;

  /// Sends CONNECT, to its properties (of MQTT 5) are added our receive maximum and maximum packet size. Once, first.
  void open(const connect& hello);
  /// Takes whole packets off the front of `in` and returns how many bytes they were; the caller keeps the rest and
  /// brings it again with more behind it. Takes nothing while `paused()`: then call again when it is not.
  [[nodiscard]] std::size_t on_bytes(byte_view in, clock::time_point now);
  void on_end();
  /// Sends PINGREQ when due; ends the connection where its answer stays out.
  void on_tick(clock::time_point now);
  [[nodiscard]] clock::time_point deadline() const { return deadline_; }

  /// The packet identifier is drawn here, in the stream's turn. errc::full where the window is shut or the connection
  /// is not open yet, errc::closed, errc::unsupported for a QoS or retain flag that the server does not serve,
  /// errc::too_large over its maximum packet size.
  [[nodiscard]] result<> publish(const mqtt::publish& message, std::uint64_t tag = 0, std::size_t stream = 0);
  /// PUBREL for what on_received did not release.
  void release(packet_id id);
  /// PUBREL over a new connection for a message that the session's owner knows to be received: it takes the stream's
  /// next identifier, as `publish` does, and on_acknowledged follows. The window must not be shut.
  void release_again(std::uint64_t tag, std::size_t stream);
  /// One filter. The identifier comes back in on_subscribed.
  [[nodiscard]] result<packet_id> subscribe(const subscription& s);
  [[nodiscard]] result<packet_id> unsubscribe(std::string_view filter);
  /// PUBACK or PUBREC, as the message came. A failure is only said in MQTT 5.
  void ack(packet_id id, reason code = reason::success);
  /// PUBCOMP for what on_release left open.
  void complete(packet_id id);
  /// From inside on_message: it is not taken, and nothing is until `resume`; then it comes again.
  void hold() { held_ = true; }
  void resume() { held_ = false; }
  /// DISCONNECT, then closed.
  void disconnect(reason code = reason::success);

  [[nodiscard]] byte_buffer& output() { return output_; }
  [[nodiscard]] bool closed() const { return state_ == state::closed; }
  [[nodiscard]] bool connected() const { return state_ == state::connected; }
  [[nodiscard]] bool paused() const;
  [[nodiscard]] std::size_t packet_bytes_wanted() const { return wanted_; }
  /// Whether `publish` with QoS 1 or 2 would go out now.
  [[nodiscard]] bool can_publish(std::size_t stream = 0) const;
  [[nodiscard]] std::size_t in_flight() const { return session_->in_flight(); }
  [[nodiscard]] protocol_version version() const { return version_; }
  [[nodiscard]] const server_terms& terms() const { return terms_; }

 private:
  enum class state : std::uint8_t { idle, connecting, connected, closed };

  void on_packet(const packet& p);
  void on_connack(const connack& answer);
  void take_session(bool present);
  void take_terms(byte_view properties);
  void on_message(const mqtt::publish& message);
  void on_once(const mqtt::publish& message);
  void on_acknowledgement(const acknowledgement& a);
  void on_pubrec(const acknowledgement& a);
  void on_pubrel(packet_id id);
  void finish(packet_id id, reason code);
  void send_again();
  void answer(packet_type with, packet_id id, reason code);
  packet_id next_request_id();
  void break_off(const protocol_error& why);
  void end(reason code, const char* what);

  client_handler& handler_;
  client_options options_;
  client_session own_session_;
  client_session* session_;
  byte_buffer output_;
  std::deque<packet_id> again_;  // kept messages of the session that are not sent over this connection yet
  server_terms terms_;
  clock::time_point now_;       // of the last call
  clock::time_point deadline_;  // of CONNACK, of the next PINGREQ, of its answer
  std::size_t wanted_ = 0;
  std::uint32_t unacknowledged_ = 0;  // messages that came and have no PUBACK or PUBREC of ours
  std::uint16_t keep_alive_s_ = 0;
  packet_id request_id_ = 0;
  protocol_version version_ = protocol_version::v5;
  state state_ = state::idle;
  bool clean_start_ = true;
  bool ping_out_ = false;
  bool held_ = false;
};

}  // namespace perigee::wire::mqtt

#pragma once

#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/time.hpp"
#include "wire/mqtt/framer.hpp"
#include "wire/mqtt/packet.hpp"

namespace perigee::wire::mqtt {

/// Why a connection ended without the server asking for it.
struct closing {
  reason code = reason::success;
  const char* what = "";
  bool send_will = true;  // false only after a DISCONNECT that says so (MQTT5 3.14.4)
  bool by_peer = false;   // a DISCONNECT, or the transport's end; otherwise we refused what it did
  std::optional<std::uint32_t> session_expiry_s{};  // a new value from the DISCONNECT (MQTT5 3.14.2.2.2)
};

/// What a client asks of the server. Views are valid during the call. Any of server_connection's commands may be called
/// from inside.
class server_handler {
 public:
  virtual ~server_handler() = default;
  /// Answer with accept or refuse; nothing else is read until then.
  virtual void on_connect(const connect& hello) = 0;
  /// The topic is resolved where an alias stood for it. Answer in the order of arrival: QoS 1 with `ack`, QoS 2 with
  /// `receive`.
  virtual void on_publish(const publish& message) = 0;
  /// A PUBREL. Answer with `complete`.
  virtual void on_release(packet_id id) = 0;
  /// Answer with `suback`, one code per filter.
  virtual void on_subscribe(const subscribe& request) = 0;
  /// Answer with `unsuback`.
  virtual void on_unsubscribe(const unsubscribe& request) = 0;
  /// A PUBACK.
  virtual void on_acknowledged(packet_id id, reason code) = 0;
  /// Once, after which nothing more comes. Not called where the server ended it by `refuse` or `disconnect`.
  virtual void on_closed(const closing& why) = 0;
};

/// What the server grants; it goes into the CONNACK of an MQTT 5 client.
struct server_options {
  nanoseconds connect_timeout = std::chrono::seconds(10);
  std::uint16_t keep_alive_s_max = 0;  // 0: whatever the client asks for
  std::uint16_t receive_maximum = limits::mqtt_inflight_in_max;
  std::uint16_t topic_alias_maximum = limits::mqtt_topic_aliases_max;
  std::uint32_t packet_bytes_max = limits::mqtt_packet_bytes_max;
};

struct acceptance {
  bool session_present = false;
  std::string_view assigned_client_id{};            // where the client came without one
  std::optional<std::uint32_t> session_expiry_s{};  // where it differs from what the client asked for
};

/// The server's end of one MQTT connection, from the first byte to the last: what may come when, keep-alive, windows,
/// aliases, and the right reason code for whoever breaks the rules. No IO: the driver feeds it bytes and time, and
/// sends what it finds in `output()`. Owned by the driver of the connection, on its shard; ends when `closed()`, after
/// which the driver sends what is left and closes the transport.
class server_connection {
 public:
  server_connection(server_handler& handler, const server_options& options, clock::time_point now);

  /// Takes whole packets off the front of `in` and returns how many bytes they were; the caller keeps the rest and
  /// brings it again with more behind it. Takes nothing while an answer to CONNECT is due or, before MQTT 5, while the
  /// receive maximum is reached: then call again after the answer.
  [[nodiscard]] std::size_t on_bytes(byte_view in, clock::time_point now);
  /// The transport ended.
  void on_end();
  /// Call at `deadline()` or later.
  void on_tick(clock::time_point now);
  [[nodiscard]] clock::time_point deadline() const { return deadline_; }

  void accept(const acceptance& granted);
  /// CONNACK with the reason, then closed.
  void refuse(reason code);
  /// False where the packet is larger than the client takes (MQTT-3.1.2-24): treat it as delivered.
  [[nodiscard]] bool send(const publish& message);
  /// Before MQTT 5 there is no PUBACK that says no: a failure closes the connection.
  void ack(packet_id id, reason code);
  /// The PUBREC of a message of QoS 2; a failure as for `ack`.
  void receive(packet_id id, reason code);
  /// The PUBCOMP; packet_identifier_not_found for an id that was not given, or completed before.
  void complete(packet_id id, reason code);
  void suback(packet_id id, byte_view codes);
  void unsuback(packet_id id, byte_view codes);
  /// DISCONNECT with the reason (MQTT 5), then closed.
  void disconnect(reason code);

  [[nodiscard]] byte_buffer& output() { return output_; }
  [[nodiscard]] std::size_t output_bytes() const { return output_.size(); }
  [[nodiscard]] bool closed() const { return state_ == state::closed; }
  [[nodiscard]] bool connected() const { return state_ == state::connected; }
  /// True while on_bytes would take nothing whatever it is given.
  [[nodiscard]] bool paused() const;
  /// Size of the packet at the front of what on_bytes was given last, where that is known; else 0.
  [[nodiscard]] std::size_t packet_bytes_wanted() const { return wanted_; }
  [[nodiscard]] protocol_version version() const { return version_; }
  /// How many messages of QoS 1 the client takes unacknowledged.
  [[nodiscard]] std::uint16_t peer_receive_maximum() const { return peer_receive_maximum_; }
  /// How large a packet it takes.
  [[nodiscard]] std::uint32_t peer_packet_bytes_max() const { return peer_packet_bytes_max_; }

 private:
  enum class state : std::uint8_t { awaiting_connect, answering, connected, closed };

  void on_frame(const frame& f);
  void on_publish_frame(const frame& f);
  void on_first_packet(const frame& f);
  void on_packet(const packet& p);
  void on_acknowledgement(const acknowledgement& a);
  [[nodiscard]] bool answers(packet_id id, packet_type with, reason code);
  void take_terms(const connect& hello);
  [[nodiscard]] decoded<> check_publish(publish& message);
  [[nodiscard]] decoded<> resolve_alias(publish& message);
  void on_disconnect(const mqtt::disconnect& farewell);
  void break_off(const protocol_error& why);
  void end(const closing& why);
  void arm_keep_alive(clock::time_point now);
  [[nodiscard]] std::size_t packet_bytes_max() const;

  server_handler& handler_;
  const server_options& options_;
  byte_buffer output_;
  std::vector<std::string> aliases_;  // by alias - 1; empty: not set
  clock::time_point now_;             // of the last call that brought one
  clock::time_point deadline_;
  std::size_t wanted_ = 0;
  std::uint32_t peer_packet_bytes_max_ = UINT32_MAX;
  std::uint32_t session_expiry_s_ = 0;
  std::uint16_t keep_alive_s_ = 0;
  std::uint16_t peer_receive_maximum_ = 65'535;
  std::uint16_t unacknowledged_ = 0;  // messages of the client that wait for our PUBACK or PUBREC
  std::uint16_t unreleased_ = 0;      // those of QoS 2 between our PUBREC and our PUBCOMP
  protocol_version version_ = protocol_version::v3_1_1;
  state state_ = state::awaiting_connect;
  bool keep_alive_changed_ = false;
};

}  // namespace perigee::wire::mqtt

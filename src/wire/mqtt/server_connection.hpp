#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "base/time.hpp"
#include "wire/mqtt/framer.hpp"
#include "wire/mqtt/packet.hpp"
#include "wire/mqtt/topic_aliases.hpp"

namespace perigee::wire::mqtt {

/// Why a connection ended without the server asking for it.
struct closing {
  reason code = reason::success;
  const char* what = "";
  bool send_will = true;  // false only after a DISCONNECT that says so (MQTT5 3.14.4)
  bool by_peer = false;   // a DISCONNECT, or the transport's end; otherwise we refused what it did
  std::optional<std::uint32_t> session_expiry_s{};  // a new value from the DISCONNECT (MQTT5 3.14.2.2.2)
};

/// One AUTH of a client that authenticates by a method of its own choice (MQTT5 4.12).
struct authentication {
  reason code = reason::continue_authentication;  // or re_authenticate: it begins again, on a connection that stands
  std::string_view method{};                      // the one that its CONNECT named
  byte_view data{};
};

/// What a client asks of the server. Views are valid during the call. Any of server_connection's commands may be called
/// from inside.
class server_handler {
 public:
  virtual ~server_handler() = default;
  /// Answer with accept or refuse, or with `challenge` where its properties name an authentication method; nothing else
  /// is read until then.
  virtual void on_connect(const connect& hello) = 0;
  /// The client's next step of an enhanced authentication. During CONNECT, answer as on_connect; while connected, with
  /// `challenge`, `confirm` or `disconnect`, and reading goes on meanwhile.
  virtual void on_auth(const authentication& step) = 0;
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
  /// A PUBREC. A failure ends the delivery; otherwise answer with `release`, also where nothing was sent under the id.
  virtual void on_received(packet_id id, reason code) = 0;
  /// A PUBCOMP; nothing is answered.
  virtual void on_completed(packet_id id, reason code) = 0;
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

/// What goes into a CONNACK; all but the first is for MQTT 5.
struct acceptance {
  bool session_present = false;
  std::string_view assigned_client_id{};            // where the client came without one
  std::optional<std::uint32_t> session_expiry_s{};  // where it differs from what the client asked for
  std::string_view response_information{};          // reaches a client that asked for it (MQTT-3.1.2-28)
  byte_view authentication_data{};                  // the last step of an enhanced authentication
  byte_view user_properties{};                      // in wire form
};

/// What a refusal or an end says beside its code, to a client of MQTT 5. What makes the packet larger than the client
/// takes is left out.
struct explanation {
  std::string_view reason_string{};     // a sentence for whoever reads the client's log
  std::string_view server_reference{};  // with use_another_server or server_moved (MQTT5 4.11)
  byte_view user_properties{};          // in wire form
};

/// Packets of every type that went over a connection.
struct packet_counts {
  std::uint32_t in = 0;
  std::uint32_t out = 0;
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

  /// CONNACK. False where the client takes no packet as large as that: then it was refused and closed, as by `refuse`.
  [[nodiscard]] bool accept(const acceptance& granted);
  /// CONNACK with the reason, then closed.
  void refuse(reason code, const explanation& why = {});
  /// AUTH: the client's authentication is to go on with this.
  void challenge(byte_view data);
  /// AUTH: a client that is connected has authenticated itself again.
  void confirm(byte_view data);
  /// False where the packet is larger than the client takes (MQTT-3.1.2-24): treat it as delivered. A topic alias takes
  /// the topic's place where the client takes aliases.
  [[nodiscard]] bool send(const publish& message);
  /// Whether `send` writes a message as every other client of its version gets it: no topic becomes an alias.
  [[nodiscard]] bool takes_shared_packets() const { return aliases_out_.off(); }
  /// A PUBLISH that was encoded once for many, its packet identifier in place; otherwise as `send`. Only where
  /// takes_shared_packets.
  [[nodiscard]] bool send_encoded(byte_view encoded, qos with);
  /// Messages of QoS 1 and 2 that the client takes now (MQTT5 4.9).
  [[nodiscard]] std::uint16_t send_quota() const { return send_quota_; }
  /// PUBREL, after on_received or for a message of a connection before; packet_identifier_not_found where nothing was
  /// sent under the id.
  void release(packet_id id, reason code = reason::success);
  /// Before MQTT 5 there is no PUBACK that says no: a failure closes the connection. `why` goes to a client that wants
  /// to hear it (MQTT-3.1.2-29).
  void ack(packet_id id, reason code, std::string_view why = {});
  /// The PUBREC of a message of QoS 2; a failure as for `ack`.
  void receive(packet_id id, reason code, std::string_view why = {});
  /// The PUBCOMP; packet_identifier_not_found for an id that was not given, or completed before.
  void complete(packet_id id, reason code);
  void suback(packet_id id, byte_view codes, std::string_view why = {});
  void unsuback(packet_id id, byte_view codes, std::string_view why = {});
  /// DISCONNECT with the reason (MQTT 5), then closed.
  void disconnect(reason code, const explanation& why = {});

  [[nodiscard]] byte_buffer& output() { return output_; }
  [[nodiscard]] std::size_t output_bytes() const { return output_.size(); }
  [[nodiscard]] bool closed() const { return state_ == state::closed; }
  [[nodiscard]] bool connected() const { return state_ == state::connected; }
  /// True while on_bytes would take nothing whatever it is given.
  [[nodiscard]] bool paused() const;
  /// Size of the packet at the front of what on_bytes was given last, where that is known; else 0.
  [[nodiscard]] std::size_t packet_bytes_wanted() const { return wanted_; }
  [[nodiscard]] protocol_version version() const { return version_; }
  /// What the client asked for, or what was granted in its place; 0: none.
  [[nodiscard]] std::uint16_t keep_alive_s() const { return keep_alive_s_; }
  /// Since the last call.
  [[nodiscard]] packet_counts take_packet_counts() { return std::exchange(packets_, {}); }
  /// How many messages of QoS 1 and 2 the client takes unacknowledged.
  [[nodiscard]] std::uint16_t peer_receive_maximum() const { return peer_receive_maximum_; }
  /// How large a packet it takes.
  [[nodiscard]] std::uint32_t peer_packet_bytes_max() const { return peer_packet_bytes_max_; }

 private:
  enum class state : std::uint8_t { awaiting_connect, answering, authenticating, connected, closed };
  /// Whose turn it is in an enhanced authentication.
  enum class turn : std::uint8_t { nobodys, servers, clients };

  void on_frame(const frame& f);
  void on_publish_frame(const frame& f);
  void on_first_packet(const frame& f);
  void on_packet(const packet& p);
  void on_acknowledgement(const acknowledgement& a);
  void on_auth(const mqtt::auth& step);
  [[nodiscard]] decoded<> check_auth(const mqtt::auth& step) const;
  void send_auth(reason code, byte_view data);
  template <class Packet>
  bool put(Packet p, std::size_t essential_bytes = 0);
  void subscribed(packet_type with, packet_id id, byte_view codes, std::string_view why);
  void gain_quota();
  [[nodiscard]] bool answers(packet_id id, packet_type with, reason code, std::string_view why);
  void take_terms(const connect& hello);
  [[nodiscard]] decoded<> check_publish(publish& message);
  void on_disconnect(const mqtt::disconnect& farewell);
  void break_off(const protocol_error& why);
  void send_refusal(reason code, const explanation& why);
  void send_farewell(reason code, const explanation& why);
  [[nodiscard]] std::size_t put_terms(const acceptance& granted, byte_buffer& block) const;
  void end(const closing& why);
  void arm_keep_alive(clock::time_point now);
  [[nodiscard]] std::size_t packet_bytes_max() const;

  server_handler& handler_;
  const server_options& options_;
  byte_buffer output_;
  topic_aliases_in aliases_in_;
  topic_aliases_out aliases_out_;
  std::string auth_method_;
  clock::time_point now_;  // of the last call that brought one
  clock::time_point deadline_;
  std::size_t wanted_ = 0;
  packet_counts packets_;
  std::uint32_t peer_packet_bytes_max_ = UINT32_MAX;
  std::uint32_t session_expiry_s_ = 0;
  std::uint16_t keep_alive_s_ = 0;
  std::uint16_t peer_receive_maximum_ = 65'535;
  std::uint16_t send_quota_ = 65'535;
  std::uint16_t unacknowledged_ = 0;  // messages of the client that wait for our PUBACK or PUBREC
  std::uint16_t unreleased_ = 0;      // those of QoS 2 between our PUBREC and our PUBCOMP
  protocol_version version_ = protocol_version::v3_1_1;
  state state_ = state::awaiting_connect;
  turn auth_turn_ = turn::nobodys;
  std::uint8_t auth_steps_ = 0;  // of the client, in this exchange
  bool keep_alive_changed_ = false;
  bool wants_response_information_ = false;
  bool wants_problem_information_ = true;
};

}  // namespace perigee::wire::mqtt

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "io/receive_buffer.hpp"
#include "io/scope.hpp"
#include "io/stream.hpp"
#include "io/timer.hpp"
#include "wire/mqtt/client_connection.hpp"

namespace perigee::client {

/// What the server publishes where the connection is lost (MQTT5 3.1.2.5).
struct mqtt_will {
  std::string topic;
  byte_buffer payload;
  wire::mqtt::qos qos = wire::mqtt::qos::at_most_once;
  bool retain = false;
  std::uint32_t delay_s = 0;  // MQTT 5
};

struct mqtt_options {
  io::endpoint to;
  std::string client_id;
  std::uint16_t keep_alive_s = 10;
  nanoseconds connect_timeout = std::chrono::seconds(5);
  wire::mqtt::protocol_version version = wire::mqtt::protocol_version::v5;
  /// A persistent session wants the same client_session, and client id, at every connection.
  bool clean_start = true;
  /// How long the server keeps the session without a connection (MQTT 5); UINT32_MAX: for ever, as before MQTT 5.
  std::uint32_t session_expiry_s = 0;
  std::optional<std::string> user_name{};
  std::optional<std::string> password{};
  std::optional<mqtt_will> will{};
  byte_buffer user_properties{};  // of CONNECT, in wire form (MQTT 5)
  std::uint16_t receive_maximum = limits::mqtt_inflight_in_max;
  /// Outlives the client; null: nothing is kept from one connection to the next.
  wire::mqtt::client_session* session = nullptr;
  /// Called when everything that waited in the output is sent; for whoever fills it up to a bound of its own.
  std::function<void()> drained{};
};

/// Carries one wire::mqtt::client_connection over a stream. Owned by the service that speaks (uplink, bridge, tools),
/// on its shard. `run` is one connection from dialling to its end; the service decides whether to run again.
class mqtt_client {
 public:
  mqtt_client(io::shard& on, io::network& net, wire::mqtt::client_handler& handler, mqtt_options options);

  /// Ends with the error that ended the connection; errc::closed when the peer or `hang_up` did.
  [[nodiscard]] io::task<> run();
  /// Breaks the connection off; `run` ends.
  void hang_up() noexcept;

  /// The protocol's end, while `run` runs; null otherwise. After commands from outside the handler, call `flush`.
  [[nodiscard]] wire::mqtt::client_connection* connection() { return connection_.get(); }
  void flush() noexcept;
  /// For the next `run`.
  [[nodiscard]] mqtt_options& options() { return options_; }

 private:
  void say_hello();
  io::task<> converse();
  io::task<> write_out();
  io::task<> keep_time();

  io::shard& on_;
  io::network& net_;
  wire::mqtt::client_handler& handler_;
  mqtt_options options_;
  std::unique_ptr<wire::mqtt::client_connection> connection_;
  std::unique_ptr<io::stream> stream_;
  io::event output_ready_;
  io::event input_wanted_;  // while the connection takes nothing
  bool ended_ = false;      // by us
  io::scope helpers_;
};

}  // namespace perigee::client

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "io/scope.hpp"
#include "io/stream.hpp"
#include "io/timer.hpp"
#include "wire/mqtt/client_connection.hpp"

namespace perigee::client {

struct mqtt_options {
  io::endpoint to;
  std::string client_id;
  std::uint16_t keep_alive_s = 10;
  nanoseconds connect_timeout = std::chrono::seconds(5);
};

/// Carries one wire::mqtt::client_connection over a stream. Owned by the service that speaks (uplink, tail, bench), on
/// its shard. `run` is one connection from dialling to its end; the service decides whether to run again.
class mqtt_client {
 public:
  mqtt_client(io::shard& on, io::network& net, wire::mqtt::client_handler& handler, mqtt_options options);

  /// Ends with the error that ended the connection; errc::closed when the peer or `hang_up` did.
  [[nodiscard]] io::task<> run();
  /// Breaks the connection off; `run` ends.
  void hang_up() noexcept;

  /// The protocol's end, while `run` runs; null otherwise. After commands from outside the handler, call `flush`.
  [[nodiscard]] wire::mqtt::client_connection* connection() { return connection_.get(); }
  void flush() noexcept { output_ready_.notify(); }

 private:
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
  io::scope helpers_;
};

}  // namespace perigee::client

#pragma once
// Which MQTT broker a command speaks to, and as whom.

#include <expected>
#include <string_view>

#include "cli/command.hpp"
#include "client/mqtt_client.hpp"

namespace perigee::cli {

/// "mqtts://broker:8883": what stands in a URL.
struct mqtt_url {
  bool tls = false;
  bool websocket = false;
  std::string host;
  std::uint16_t port = 0;
};
/// mqtt, mqtts, ws or wss; the port may be left out (1883, 8883, 80, 443); an IPv6 address stands in brackets.
/// errc::malformed, with a sentence that says what would be right.
[[nodiscard]] result<mqtt_url> parse_mqtt_url(std::string_view text);

/// The options that every command with a broker has: `--url`, or `--host` and `--port`, or a node by `--node` or
/// `--data`, else 127.0.0.1:1883; `--cafile`, `--cert`, `--key`; `--user`, `--password-file` (else the environment's
/// PERIGEE_MQTT_PASSWORD, else asked for on a terminal); `--id`, `--mqtt-version`. What is wrong is said on stderr in
/// the command's name.
[[nodiscard]] std::expected<client::mqtt_options, exit_code> find_broker(const invocation& called,
                                                                         std::string_view command);

}  // namespace perigee::cli

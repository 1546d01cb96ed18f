#pragma once
// [[bridge]]: another broker that this node exchanges messages with. docs/bridges.md.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "node/secret.hpp"
#include "readers/bridge/topic_map.hpp"
#include "settings/document.hpp"
#include "wire/mqtt/packet.hpp"

namespace perigee::node {

/// [[bridge.topic]]
struct bridge_topic : readers::bridge::topic_rule {
  settings::position at;  // in the file
};

/// One [[bridge]].
struct bridge_config {
  std::string name;
  std::string host;
  std::uint16_t port = 0;  // 0: the usual one of the transport
  bool secure = true;
  bool websocket = false;
  bool in_the_clear = false;  // readings and the password may go to another machine without TLS
  wire::mqtt::protocol_version version = wire::mqtt::protocol_version::v5;
  std::string client_id;  // empty: made of the node's name and the bridge's
  std::optional<std::string> user;
  std::optional<secret> password;
  std::optional<std::string> certificate;  // path
  std::optional<secret> key;
  std::optional<std::string> authority;  // path
  std::string server_name;               // empty: the host
  std::vector<std::string> alpn;
  bool persistent = true;
  nanoseconds session_expiry = std::chrono::days(7);
  nanoseconds keep_alive = std::chrono::seconds(60);
  nanoseconds retry_min = std::chrono::milliseconds(500);
  nanoseconds retry_max = std::chrono::seconds(30);
  std::uint64_t payload_max = 0;  // 0: whatever the other broker takes
  std::vector<bridge_topic> topics;
  settings::position at;  // in the file
};

}  // namespace perigee::node

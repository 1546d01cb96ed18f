#pragma once
// What can be wrong around a node, looked at one by one: each check within 2 s, all within 10 s.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/stream.hpp"
#include "node/config.hpp"
#include "node/health.hpp"

namespace perigee::cli {

using node::finding;
using node::verdict;

/// What the checks look at.
struct patient {
  io::shard& shard;
  io::network& network;
  const node::config* chosen;  // null: this machine alone
};

[[nodiscard]] finding check_data_folder(const node::config& chosen);
[[nodiscard]] finding check_disk_space(const node::config& chosen);
/// When each certificate that the node has a file of ends, and whether its own is the node's.
[[nodiscard]] std::vector<finding> check_certificates(const node::config& chosen);
[[nodiscard]] finding check_ports(const patient& p);
[[nodiscard]] finding check_parent(const patient& p);

/// Everything that applies.
[[nodiscard]] std::vector<finding> examine(const patient& p);

}  // namespace perigee::cli

#pragma once
// What a running node says of itself: `GET /api/v1/status`, for `perigee status`, `doctor` and the demo.

#include <optional>
#include <string>
#include <vector>

#include "io/stream.hpp"
#include "node/run_file.hpp"

namespace perigee::cli {

struct link_status {
  bool connected = false;
  double rtt_ms = 0;
  double waiting = 0;  // records
  double oldest_age_ms = 0;
  double drain_per_s = 0;
  double bytes_sent = 0;
  std::optional<double> budget_left_hour{};  // bytes; nothing: no budget
  std::optional<double> budget_left_day{};
  std::string window_opens;  // when bulk may go again; empty: it may now
  std::string name;          // "uplink", "bridge/NAME"
  double refused = 0;        // records that the other broker does not take
};

struct node_status {
  std::string id;
  std::string tier;
  std::optional<link_status> link;  // the uplink
  std::vector<link_status> bridges;
  double decisions = 0;
  double quarantined = 0;  // records that readers set aside
  double rss_bytes = 0;
  double start_ms = 0;
  bool history = false;
  double readings = 0;
  double missing = 0;
  double doubled = 0;
  double gaps = 0;
  double behind = 0;
  std::string raw;  // as the node said it
};

/// errc::malformed.
[[nodiscard]] result<node_status> parse_status(const std::string& body);
/// Asks the node that wrote `info`. `tls` is needed where its API speaks TLS.
[[nodiscard]] io::task<node_status> ask_status(io::shard& on, io::network& network, const node::run_info& info,
                                               std::shared_ptr<io::tls_context> tls, clock::time_point deadline);

}  // namespace perigee::cli

#pragma once
// What a demo that ends by itself says, to people and as JSON.

#include <cstdint>
#include <string>
#include <vector>

#include "cli/demo_count.hpp"

namespace perigee::cli {

struct node_figures {
  std::string id;
  std::uint64_t rss_bytes = 0;     // the last that was seen
  double start_ms = 0;             // to listening, the last time
  std::uint64_t uplink_bytes = 0;  // on the cable, TLS and all
};

struct demo_report {
  demo_count count;
  double seconds = 0;
  std::uint64_t uplink_bytes = 0;  // of the cable into the cloud
  double drain_readings_per_s = 0;
  std::vector<node_figures> nodes;

  /// Nothing lost, nothing doubled, and there was something.
  [[nodiscard]] bool good() const { return count.lost == 0 && count.duplicated == 0 && count.produced > 0; }
};

[[nodiscard]] std::string to_json(const demo_report& r);
[[nodiscard]] std::string to_text(const demo_report& r);

}  // namespace perigee::cli

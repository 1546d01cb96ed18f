#pragma once
// One node of a running demo, with what is known of it. Internal to the supervisor.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "cli/demo_supervisor.hpp"

namespace perigee::cli {

struct demo_supervisor::member {
  member(const demo_site& site, demo_node what)
      : node(std::move(what)), process({"run", site.config_file(node)}, log_of(site)) {}

  [[nodiscard]] std::string log_of(const demo_site& site) const { return site.home(node) + "/log.txt"; }

  demo_node node;
  demo_process process;
  std::unique_ptr<demo_relay> cable;  // to the parent; none at the top
  std::optional<node_status> status;  // the newest; empty until this process has answered
  clock::time_point answered;         // when
  clock::time_point settled;          // since when `values` has not grown
  double values = 0;                  // readings: at an edge acknowledged to its sensors, above in the history
  double values_per_s = 0;
  std::uint64_t rss_bytes = 0;  // the newest seen
  double start_ms = 0;
  bool page_told = false;
  bool wanted = true;  // false once killed by command

  /// Gives the rate since the answer before; `values_per_s` is that of the last few seconds.
  double note(node_status now, double values_now, clock::time_point at) {
    constexpr double newest_share = 0.2;
    const auto passed = std::chrono::duration<double>(at - answered).count();
    const auto rate = status && passed > 0 ? std::max(0.0, values_now - values) / passed : 0;
    values_per_s = values_per_s == 0 ? rate : (1 - newest_share) * values_per_s + newest_share * rate;
    if (!status || values_now != values) settled = at;
    values = values_now;
    start_ms = now.start_ms;
    rss_bytes = static_cast<std::uint64_t>(now.rss_bytes);
    status = std::move(now);
    answered = at;
    return rate;
  }
  void forget() {
    status.reset();
    values_per_s = 0;
  }
};

}  // namespace perigee::cli

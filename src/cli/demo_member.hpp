#pragma once
// One node of a running demo, with what is known of it. Internal to the supervisor.

#include <memory>
#include <optional>
#include <string>

#include "cli/demo_supervisor.hpp"

namespace perigee::cli {

struct demo_supervisor::member {
  member(const demo_site& site, demo_node what)
      : node(std::move(what)), process(site.config_file(node), site.home(node) + "/log.txt") {}

  demo_node node;
  demo_process process;
  std::unique_ptr<demo_relay> cable;  // to the parent; none at the top
  std::optional<node_status> status;  // the newest; empty until this process has answered
  clock::time_point answered;         // when
  clock::time_point settled;          // since when `values` has not grown
  double values = 0;                  // readings: at an edge acknowledged to its sensors, above in the history
  double values_per_s = 0;
  std::uint64_t rss_bytes_max = 0;
  double start_ms = 0;
  bool wanted = true;  // false once killed by command

  void note(node_status now, double values_now, clock::time_point at) {
    const auto passed = std::chrono::duration<double>(at - answered).count();
    if (status && passed > 0) values_per_s = (values_now - values) / passed;
    if (!status || values_now != values) settled = at;
    values = values_now;
    start_ms = now.start_ms;
    status = std::move(now);
    answered = at;
  }
  void forget() {
    status.reset();
    values_per_s = 0;
  }
};

}  // namespace perigee::cli

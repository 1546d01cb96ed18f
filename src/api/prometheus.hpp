#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "api/server.hpp"
#include "promql/source.hpp"

namespace perigee::api {

/// Where the routes get series and metrics. Wired by the node, which has the history; outlives the routes.
class prometheus_port {
 public:
  virtual ~prometheus_port() = default;
  /// Runs the question where series may be read, then `done` on the shard. Its catalog is out of time once `within` has
  /// passed, waiting for others included.
  virtual void ask(std::chrono::milliseconds within, std::move_only_function<void(promql::catalog&)> question,
                   std::move_only_function<void()> done) = 0;
  /// The node's metrics in the plain text format.
  [[nodiscard]] virtual std::string metrics_text() = 0;
};

/// Prometheus's HTTP API under /prometheus/api/v1, as Grafana's Prometheus data source asks it (docs/prometheus.md).
/// `version` is this program's.
[[nodiscard]] routes prometheus_routes(io::shard& on, prometheus_port& from, std::string version);

}  // namespace perigee::api

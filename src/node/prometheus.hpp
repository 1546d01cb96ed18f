#pragma once

#include <functional>
#include <string>

#include "api/prometheus.hpp"
#include "base/metrics.hpp"
#include "readers/history/history_reader.hpp"

namespace perigee::node {

struct prometheus_options {
  std::string node;
  nanoseconds own_metrics_every{};  // 0: its own metrics are not kept
};

/// What a Prometheus, or a Grafana in its place, has of a node: `/metrics`, and the query API over the history, in
/// which the node's own metrics are too. Owned by the node, on its shard; ends before the history.
class prometheus final : private api::prometheus_port {
 public:
  /// `measure` brings gauges that are asked for rather than kept up to date. `from` may be null: then nothing is
  /// queried.
  prometheus(io::shard& on, prometheus_options options, metrics::registry& registry,
             readers::history::history_reader* from, std::function<void()> measure);

  [[nodiscard]] api::routes routes();
  /// Samples the node's own metrics until cancelled.
  [[nodiscard]] io::task<> run();

 private:
  void ask(std::chrono::milliseconds within, std::move_only_function<void(promql::catalog&)> question,
           std::move_only_function<void()> done) override;
  [[nodiscard]] std::string metrics_text() override { return exposed(metrics::text_format::prometheus); }
  [[nodiscard]] std::string exposed(metrics::text_format f);
  void sample();

  io::shard& on_;
  prometheus_options options_;
  metrics::registry& registry_;
  readers::history::history_reader* from_;
  std::function<void()> measure_;
};

}  // namespace perigee::node

#pragma once

#include <string>

#include "base/time.hpp"
#include "promql/source.hpp"
#include "readers/history/store.hpp"

namespace perigee::readers::history {

/// The history as PromQL sees it (docs/prometheus.md): a metric's name with what PromQL's names cannot hold as `_`, the
/// labels `node`, `device` and `metric` (the name as it is); the node's own metrics as `/metrics` shows them, with
/// `node`. Numbers only, without those of bad quality; of several in one millisecond the last. Made for one question,
/// where the store is used.
class promql_source final : public promql::catalog {
 public:
  /// `node`: whose history it is. A question is out of time when the store is.
  promql_source(store& from, std::string node) : from_(from), node_(std::move(node)) {}

  [[nodiscard]] promql::outcome<std::vector<promql::series>> select(const promql::selection& what) override;
  [[nodiscard]] promql::outcome<std::vector<promql::labels>> list(const promql::selection& what) override;
  [[nodiscard]] bool out_of_time() override { return from_.out_of_time(); }

 private:
  struct found {
    series_id id;
    promql::labels labels;
  };
  promql::outcome<std::vector<found>> find(const promql::selection& what);
  promql::outcome<std::vector<promql::sample>> read(series_id of, const promql::selection& what, std::size_t& room);

  store& from_;
  std::string node_;
};

}  // namespace perigee::readers::history

#pragma once

#include <array>
#include <memory>
#include <string>

#include "base/metrics.hpp"
#include "io/timer.hpp"
#include "io/worker.hpp"
#include "journal/journal.hpp"
#include "readers/history/store.hpp"

namespace perigee::node {

struct history_options {
  std::string file;
  nanoseconds retention;
};

/// Feeds the journal to the history store: blocks are read on the shard, stored on the store's own worker, one at a
/// time. Owned by the node, on the journal's shard; ends when `run` is cancelled, with no block under way.
class history_service {
 public:
  static result<std::unique_ptr<history_service>> open(io::shard& on, std::unique_ptr<io::worker> worker,
                                                       journal::journal& log, history_options options,
                                                       metrics::registry& registry);

  [[nodiscard]] io::task<> run();
  void on_commit() { work_.notify(); }
  /// As of the last block or second.
  [[nodiscard]] const readers::history::history_totals& totals() const { return totals_; }
  /// Records that are committed and not stored yet.
  [[nodiscard]] std::uint64_t behind() const;

 private:
  struct lane_end {
    std::unique_ptr<journal::cursor> kept;  // holds back retention up to what is stored
    journal::reader reader;
  };

  history_service(io::shard& on, std::unique_ptr<io::worker> worker, history_options options,
                  std::unique_ptr<readers::history::store> store, metrics::registry& registry);
  io::task<bool> store_some();
  io::task<> on_worker(std::move_only_function<void()> job);
  io::task<> look_after();
  void show();

  history_options options_;
  std::unique_ptr<readers::history::store> store_;  // touched on worker_ only, once open
  readers::history::record_block block_;
  readers::history::history_totals totals_;
  std::array<std::unique_ptr<lane_end>, model::lane_count> ends_;
  io::event work_;
  std::shared_ptr<io::event> done_;
  metrics::gauge& readings_;
  metrics::gauge& missing_;
  metrics::gauge& doubled_;
  metrics::gauge& quarantined_;
  metrics::gauge& behind_;
  metrics::gauge& gaps_;
  std::unique_ptr<io::worker> worker_;  // last: its thread ends before what it works on
};

}  // namespace perigee::node

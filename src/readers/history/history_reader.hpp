#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "io/timer.hpp"
#include "io/worker.hpp"
#include "journal/journal.hpp"
#include "quarantine/keeper.hpp"
#include "readers/history/queries.hpp"
#include "readers/history/store.hpp"

namespace perigee::readers::history {

struct history_options {
  std::string path;           // of the database file; its folder exists
  nanoseconds retention{};    // readings older than this are forgotten; 0: never
  quarantine::keeper& aside;  // for what cannot be read; outlives the reader
  metrics::registry& metrics;
};

/// Stores the readings of every record of the journal, children's included, each exactly once: alarms first, then
/// events, then bulk. The journal is read on its shard; SQLite runs on the worker, one job at a time, and this node's
/// retention waits for it; questions about what is stored do not (readers/history/queries.hpp). What cannot be read is
/// durable in quarantine before the block around it is committed. While the disk is full it tries again each second.
/// Owned by the node, on the journal's shard; ends when `run` is cancelled.
class history_reader {
 public:
  static result<std::unique_ptr<history_reader>> open(io::shard& on, io::worker& worker, journal::journal& log,
                                                      history_options options);
  ~history_reader();
  history_reader(const history_reader&) = delete;
  history_reader& operator=(const history_reader&) = delete;

  [[nodiscard]] io::task<> run();
  /// Tries again what was asked for, or stores what is committed now, up to a block; `stored` runs on the shard, with
  /// false when there was nothing or it failed. One at a time. Called by `run` and tests.
  void step(std::move_only_function<void(bool)> stored);
  /// Runs `question` beside the storing, then `done` on the shard: see queries::ask.
  void ask(nanoseconds within, queries::question question, queries::done done) {
    queries_->ask(within, own_, std::move(question), std::move(done));
  }
  /// Keeps samples of the node's own metrics, all of one time. They are lost where the history is just then in the
  /// middle of a block that waits for quarantine.
  void note_own(timestamp at, std::vector<own_sample> samples);
  /// Told on the shard where series stand, once they are stored; first of all where they stood before.
  using newest_taker = std::function<void(std::span<newest_value>)>;
  void tell_newest_to(newest_taker taker) { newest_taker_ = std::move(taker); }
  /// Records committed and not yet stored.
  [[nodiscard]] std::uint64_t behind() const;
  /// What is stored and known to be missing, as of the last second.
  [[nodiscard]] const history_totals& totals() const { return totals_; }
  /// The newest gap records stored, newest first, as of the last second.
  [[nodiscard]] const std::vector<known_gap>& gaps() const { return gaps_; }

 private:
  struct lane_end {
    std::unique_ptr<journal::cursor> kept;  // holds back retention up to what is stored
    journal::reader reader;
  };
  /// What a job on the worker uses; it may outlive the reader.
  struct workplace {
    std::unique_ptr<history::store> store;
    record_block block;
    result<applied> outcome;
    result<> committed;
    result<history_totals> totals;
    result<std::vector<known_gap>> gaps;
  };
  struct meters {
    metrics::counter& readings;
    metrics::counter& messages;
    metrics::gauge& missing;
    metrics::gauge& doubled;
  };

  history_reader(io::shard& on, io::worker& worker, history_options options, std::unique_ptr<history::store> into);
  bool fill_block();
  void store_block(std::move_only_function<void(bool)> stored);
  void commit_block(std::move_only_function<void(bool)> stored);
  bool finish_block();
  quarantine::keeper::ticket set_aside();
  void retry_next(std::move_only_function<void(bool)> stored);
  void count();
  struct retry {
    quarantine::kept_record what;
    quarantine::keeper::outcome done;
  };
  void retain(timestamp now);
  void recall_newest();
  /// Runs `job` on the worker, between two blocks, then `done` on the shard.
  void between_blocks(std::move_only_function<void(store&)> job, std::move_only_function<void()> done);

  io::worker& worker_;
  history_options options_;
  std::array<std::unique_ptr<lane_end>, model::lane_count> ends_;
  io::event work_;
  io::event stored_;
  std::shared_ptr<workplace> place_;
  std::shared_ptr<const own_tail> own_;  // what of the node's own metrics is not in the file
  std::unique_ptr<queries> queries_;
  std::deque<retry> retries_;  // bounded by what is set aside
  meters meters_;
  newest_taker newest_taker_;
  bool more_ = false;      // the last step stored something
  bool uncounted_ = true;  // something may be stored that the last count missed
  history_totals totals_;
  std::vector<known_gap> gaps_;
  clock::time_point totals_due_{};
  clock::time_point retention_due_{};
};

}  // namespace perigee::readers::history

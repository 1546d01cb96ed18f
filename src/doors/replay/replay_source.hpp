#pragma once
// A CSV file as a door: its rows come again as if its sensors were here.

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "base/function_ref.hpp"
#include "base/id.hpp"
#include "doors/replay/layout.hpp"
#include "model/record.hpp"

namespace perigee::doors::replay {

/// What a whole pass over a file found: it can be replayed to its end.
struct csv_summary {
  csv_layout layout;
  std::uint64_t rows = 0;
  timestamp first{};
  timestamp last{};  // the latest
};

/// Reads the whole file: every error at once, each with its line and column, at most limits::csv_errors_max.
[[nodiscard]] std::expected<csv_summary, diagnostics> check_file(csv::byte_source& from, const replay_options& options);

/// Where a replay stands: a row is known by its count, so this is all that a restart needs.
struct replay_position {
  epoch life;           // drawn when this replay first ran in this data folder, kept from then on
  sequence produced{};  // of the last record that is in the journal
};

/// Makes records as time goes by; IO-free but for its byte source. Owned by the node's driver, which calls `produce`
/// when `next_due` has come and appends what it gets. Rows come at the pace of their own times, divided by `speed`; one
/// that does not move on in time (a clock set back, a row twice) comes one usual step after the one before.
///
/// A record: `{"ts":µs,"metric":value,...}`, stamped (life, count of rows over all loops). With replay_time::now the
/// times are moved to today, and never two the same; with replay_time::original they are the file's, a whole file later
/// with each loop.
class replay_source {
 public:
  using sink = function_ref<bool(const model::record_view&)>;

  replay_source(csv::byte_source& from, csv_summary file, replay_options options, replay_position from_here,
                timestamp start);
  ~replay_source();
  replay_source(replay_source&&) noexcept;
  replay_source& operator=(replay_source&&) = delete;

  /// Nothing when the file is at its end for good.
  [[nodiscard]] std::optional<timestamp> next_due();
  /// Hands over what is due, at most limits::replay_catch_up_max records; stops where `take` says false, and hands the
  /// same record over again next time. Gives how many were taken.
  std::size_t produce(timestamp now, sink take);
  /// Goes on from `now` as if no time had passed: after a pause, or when the wall clock was set.
  void resume(timestamp now);

  [[nodiscard]] replay_position position() const { return position_; }
  /// Rows that were good when the file was checked and are not any more.
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }

 private:
  bool load();
  bool read_row(timestamp& written);
  void rewind();
  void skip_to(std::uint64_t row);
  void schedule(timestamp written);
  void render();
  [[nodiscard]] nanoseconds usual_step() const;

  csv::byte_source& from_;
  csv_summary file_;
  replay_options options_;
  replay_position position_;
  std::unique_ptr<csv::reader> reader_;
  bool loaded_ = false;  // `payload_` holds the row that comes next
  bool finished_ = false;
  std::string payload_;
  timestamp due_;
  timestamp stamp_{};                 // the time in `payload_`
  timestamp last_stamp_{};            // the time in the last record that was taken
  std::optional<timestamp> written_;  // the time of the row before, as it stands in the file
  std::uint64_t loop_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace perigee::doors::replay

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "alarm/board.hpp"
#include "base/metrics.hpp"
#include "io/file.hpp"
#include "io/timer.hpp"
#include "io/worker.hpp"
#include "journal/journal.hpp"
#include "model/record_batch.hpp"
#include "quarantine/keeper.hpp"

namespace perigee::readers::alarms {

struct alarms_options {
  std::string node;
  std::string state_file;     // docs/formats/alarm-board.md
  quarantine::keeper& aside;  // for what cannot be opened; outlives the reader
  metrics::registry& metrics;
};

/// Keeps the board of alarms from the lane `alarm`, children's included. What a person does is a record of that lane
/// too, so that it is as durable as an alarm, travels up, and reaches every subscriber. The board and its place in the
/// lane are saved in one file. Owned by the node, on the journal's shard; ends when `run` is cancelled.
class alarms_reader {
 public:
  /// Before it is done.
  using answer = std::move_only_function<void(result<>)>;

  ~alarms_reader();
  static result<std::unique_ptr<alarms_reader>> open(io::shard& on, io::disk& disk, io::worker& worker,
                                                     journal::journal& log, alarms_options options);

  [[nodiscard]] io::task<> run();
  /// Takes what is committed now, up to a slice of it; false when there was nothing. Called by `run` and tests.
  bool step();
  /// Saves what changed, on the worker.
  void save();

  [[nodiscard]] const alarm::board& board() const { return board_; }
  /// Somebody has seen a raised alarm. `done` hears when that is durable and on the board: errc::not_found,
  /// errc::refused where it is acknowledged already, or what journal::append answers.
  void acknowledge(std::uint64_t id, alarm::acknowledgement how, answer done);
  /// The same for an alarm that a person ends: errc::refused where it is not raised.
  void clear(std::uint64_t id, std::string by, timestamp at, answer done);
  /// Runs after each change of the board; one listener.
  void on_change(std::move_only_function<void()> listener) { on_change_ = std::move(listener); }

 private:
  struct waiting {
    log_offset at;
    answer done;
  };

  alarms_reader(io::shard& on, io::disk& disk, io::worker& worker, journal::journal& log, alarms_options options);
  result<> restore();
  void take(log_offset at, const model::record_view& r);
  void retry(const quarantine::kept_record& what, quarantine::keeper::outcome done);
  result<> apply(const model::origin& here, const model::record_view& r);
  void tell(const alarm::telling& what, answer done);
  void answer_all();
  [[nodiscard]] byte_buffer encode() const;

  io::shard& on_;
  io::disk& disk_;
  io::worker& worker_;
  journal::journal& log_;
  alarms_options options_;
  std::unique_ptr<journal::cursor> kept_;  // holds back retention up to what is saved
  journal::reader reader_;
  model::batch_opener opener_;
  alarm::board board_;
  io::event work_;
  std::vector<waiting> waiting_;
  std::move_only_function<void()> on_change_;
  log_offset saved_at_{};
  bool saving_ = false;
  quarantine::keeper::ticket set_aside_{};
  metrics::gauge& raised_;
  metrics::gauge& unseen_;
};

}  // namespace perigee::readers::alarms

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

/// What a person does about an alarm, or about a group of them.
struct deed_request {
  alarm::event what = alarm::event::comment;
  std::string by;
  std::string comment{};
  bool one_shot = false;   // of a shelving
  nanoseconds how_long{};  // of a shelving; 0: as long as it may be
  timestamp at{};          // now
};

/// One line of an alarm's history.
struct history_line {
  std::string told_by;  // the node whose record it is
  alarm::telling what;
};

/// Keeps the board of alarms from the lane `alarm`, children's included. What a person does is a record of that lane
/// too, so that it is as durable as an alarm, travels up, and reaches every subscriber; what concerns a child's alarm
/// is handed down to it. The board and its place in the lane are saved in one file. Owned by the node, on the journal's
/// shard; ends when `run` is cancelled.
class alarms_reader {
 public:
  /// Before it is done.
  using answer = std::move_only_function<void(result<>)>;

  ~alarms_reader();
  static result<std::unique_ptr<alarms_reader>> open(io::shard& on, io::disk& disk, io::worker& worker,
                                                     journal::journal& log, alarms_options options);

  [[nodiscard]] io::task<> run();
  /// Time goes on for the board, and for its figures.
  void tick(timestamp now);
  /// Takes what is committed now, up to a slice of it; false when there was nothing. Called by `run` and tests.
  bool step();
  /// Saves what changed, on the worker.
  void save();

  [[nodiscard]] const alarm::board& board() const { return board_; }
  /// `done` hears when it is durable and on the board: errc::not_found, errc::refused with a sentence where the alarm's
  /// state does not allow it, or what journal::append answers.
  void act(std::uint64_t id, deed_request how, answer done);
  /// Suppresses a group of a node's alarms, or does not any more. errc::not_found where nobody is in it.
  void act_on_group(std::string_view node, std::string_view group, deed_request how, answer done);
  /// All of one alarm that is known, the oldest first, read from the journal: what its newest
  /// limits::alarm_trail_max records tell of it.
  [[nodiscard]] std::vector<history_line> history_of(const alarm::entry& of);

  /// How a message reaches a child.
  using sender = std::function<void(std::string_view child, byte_view message)>;
  void hand_down_by(sender how) { hand_down_ = std::move(how); }
  /// What the parent handed down: what is news becomes a record here.
  void hear(byte_view message);
  /// A child has said hello: hands it all that was done about its alarms. It takes what it does not have.
  void tell(std::string_view child);
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
  result<> apply(log_offset at, const model::origin& here, const model::record_view& r);
  void put(const alarm::telling& what, answer done);
  /// What was heard, once the board knows what it is about.
  void take_heard();
  void measure();
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
  sender hand_down_;
  std::vector<byte_buffer> heard_;       // bounded by limits::alarm_downlinks_max
  std::uint64_t measured_ = UINT64_MAX;  // the board's version then
};

}  // namespace perigee::readers::alarms

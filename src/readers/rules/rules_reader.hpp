#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/function_ref.hpp"
#include "base/metrics.hpp"
#include "io/timer.hpp"
#include "io/worker.hpp"
#include "journal/journal.hpp"
#include "model/record_batch.hpp"
#include "quarantine/keeper.hpp"
#include "rules/rule_set.hpp"

namespace perigee::readers::rules {

struct rules_options {
  std::string node;
  std::string state_file;     // docs/formats/rules-state.md
  quarantine::keeper& aside;  // for what cannot be opened; outlives the reader
  metrics::registry& metrics;
};

/// What a rule did since the start, and what came of it last.
struct rule_figures {
  struct output {
    timestamp at;
    std::string topic;
    std::string payload;  // its beginning
  };
  perigee::rules::rule_stats stats;
  std::optional<output> last{};
};

/// One thing that a rule did. Views last for the call.
struct rule_output {
  std::string_view rule;
  std::string_view kind;  // "publish", "alarm", "store", "interlock"
  std::string_view topic;
  byte_view payload;
  timestamp at{};
};
using output_taker = std::function<void(const rule_output&)>;
/// Whoever listens to one rule, as long as it is kept.
struct output_listener {
  std::string rule;
  output_taker take;
};

/// Decides on every message of the journal, a child's included, and appends what the rules answer: commands and
/// derived records to the lane `event`, alarms to the lane `alarm`. What it appends is stamped with the message it came
/// from, so that deciding again after a crash appends nothing twice. A record that cannot be opened is durable in
/// quarantine before its position is saved. Its positions and what the rules remember are saved in
/// one file. Its own node's rule outputs are not decided on again: a rule cannot feed itself. Owned by the node, on the
/// journal's shard; ends when `run` is cancelled.
class rules_reader final : private perigee::rules::action_sink {
 public:
  ~rules_reader() override;
  static result<std::unique_ptr<rules_reader>> open(io::shard& on, io::disk& disk, io::worker& worker,
                                                    journal::journal& log, perigee::rules::rule_set set,
                                                    rules_options options);

  [[nodiscard]] io::task<> run();
  [[nodiscard]] std::size_t rules() const { return set_.size(); }
  /// In the order of the files.
  [[nodiscard]] std::vector<rule_figures> figures() const;
  /// Goes on with other rules from where the ones before stand. They stay where this fails.
  result<> replace(perigee::rules::rule_set with);
  /// Decides on what is committed now, up to a slice of it; false when there was nothing. Called by `run` and tests.
  bool step(timestamp now);
  /// Interlocks decide on what has just come to this node itself. What they publish goes to `out`.
  void decide_on_arrival(const model::record_view& r, log_offset at, perigee::rules::action_sink& out);
  /// An interlock's command was sent.
  void on_interlock(std::string_view rule, std::string_view topic, byte_view payload, timestamp at);
  /// Hears what a rule does from now on. errc::not_found, errc::full at limits::rule_taps_max.
  [[nodiscard]] result<std::shared_ptr<output_listener>> listen(std::string_view rule, output_taker take);
  [[nodiscard]] bool has_interlocks() const { return set_.has_interlocks(); }
  /// Saves positions and what the rules remember, if they moved, on the worker.
  void save();

 private:
  struct lane_end {
    std::unique_ptr<journal::cursor> kept;  // holds back retention up to what is saved
    journal::reader reader;
  };

  rules_reader(io::shard& on, io::disk& disk, io::worker& worker, journal::journal& log, perigee::rules::rule_set set,
               rules_options options);
  result<> restore();
  result<> set_apart(function_ref<result<>()> change);
  void decide(log_offset at, const model::record_view& r);
  result<> decide_on_messages(const model::origin& here, const model::record_view& r);
  void retry(const quarantine::kept_record& what, quarantine::keeper::outcome done);
  /// Says which retries worked: those whose outputs are durable.
  void finish_retries();
  /// Appends what was decided; false when the journal has no room now: nothing more is read until it has.
  bool flush();
  /// Everything that was appended is durable: the state may say so.
  [[nodiscard]] bool all_committed() const;
  void put(model::lane to, std::string_view topic, byte_view payload, std::uint8_t qos, bool retain);
  /// Appends a record that does nothing but move time to each lane whose windows wait for the time that it is. Time is
  /// read from the journal like everything else, so that deciding again after a crash ends them at the same place.
  bool tick(timestamp now);
  /// When the next window ends of itself; at most `latest`.
  [[nodiscard]] clock::time_point next_tick(clock::time_point latest) const;
  /// Where every lane is read to, and what the rules remember there.
  struct standing {
    std::array<log_offset, model::lane_count> positions{};
    byte_buffer state{};
    std::uint64_t version = UINT64_MAX;
  };
  /// Brings it up to where everything stands now.
  void note(standing& here) const;
  [[nodiscard]] byte_buffer encode(const standing& of) const;

  void remember(const rule_output& what);
  void on_publish(const perigee::rules::publish_action& action) override;
  void on_alarm(const perigee::rules::alarm_action& action) override;
  void on_store(const perigee::rules::store_action& action) override;

  io::shard& on_;
  io::disk& disk_;
  io::worker& worker_;
  journal::journal& log_;
  perigee::rules::rule_set set_;
  rules_options options_;
  std::array<std::unique_ptr<lane_end>, model::lane_count> ends_;
  model::batch_opener opener_;
  io::event work_;
  std::deque<model::record> decided_;  // not yet in the journal; bounded by what one record decides
  model::lane deciding_lane_ = model::lane::bulk;
  log_offset deciding_at_{};
  std::uint32_t decided_here_ = 0;  // outputs of the record being decided on
  /// What stamps outputs that are not of a message of the lane being read.
  struct stamp {
    std::string_view source;
    perigee::epoch epoch;
  };
  std::optional<stamp> apart_;
  std::vector<quarantine::keeper::outcome> finishing_;  // of retries; bounded by what is set aside
  quarantine::keeper::ticket set_aside_ = 0;
  timestamp now_{};
  std::map<model::lane, log_offset> appended_until_;
  /// Before what is being decided on. It may be saved while an output finds no room: were it not, the lane that has no
  /// room might wait for this very reader to have passed its oldest records.
  standing before_;
  std::size_t read_since_note_ = 0;                // bytes, at most
  std::array<bool, model::lane_count> ticking_{};  // a tick is on its way through the journal
  byte_buffer saved_;
  bool saving_ = false;
  std::map<std::string, rule_figures::output, std::less<>> last_;  // by rule
  std::vector<std::weak_ptr<output_listener>> listeners_;
  metrics::counter& decisions_;
  metrics::counter& messages_;
};

}  // namespace perigee::readers::rules

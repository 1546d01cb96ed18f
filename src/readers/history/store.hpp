#pragma once
// Readings of a node and of all below it, in SQLite: each series as columnar chunks of up to 1,000 readings
// (model/chunk.hpp). docs/formats/history.md has the tables.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "journal/lineage.hpp"
#include "model/chunk.hpp"
#include "model/reading.hpp"
#include "model/record_batch.hpp"
#include "readers/history/record_block.hpp"

namespace perigee::readers::history {

using series_id = id<std::int64_t, struct series_id_tag>;

struct store_options {
  std::string path;            // of the database file; its folder exists
  std::string node;            // the node whose journal is read; empty to look only
  journal::lineage journal{};  // of that node: positions in another one, or in another copy of it, do not count
  bool read_only = false;
};

/// One series, with what its chunks say.
struct series_info {
  series_id id;
  std::string node;
  std::string device;
  std::string metric;
  std::uint64_t readings = 0;
  timestamp first;
  timestamp last;
};

/// How long a question may take: until a time comes, or whoever asked it ends.
struct patience {
  clock::time_point until = clock::time_point::max();
  std::stop_token ended{};

  [[nodiscard]] bool over() const {
    return ended.stop_requested() || (until != clock::time_point::max() && clock::now() >= until);
  }
};

/// A sample of the node's own metrics, as `/metrics` shows it.
struct own_sample {
  std::string name;
  std::string labels;  // the text between the braces
  double value = 0;
};

/// A series by name alone. The node's own metrics have no node, which no other series lacks: their device is the text
/// of their labels.
struct series_name {
  series_id id;
  std::string_view node;
  std::string_view device;
  std::string_view metric;
};

/// A reading of a series that was asked for.
struct point {
  timestamp time;
  model::value value;
  model::quality quality = model::quality::good;
};

/// Samples of the node's own metrics that are not in the file yet, by series, in the order they came. Never changed.
struct own_columns {
  std::vector<std::int64_t> times_ns;
  std::vector<double> values;
};
using own_tail = std::unordered_map<series_id, own_columns>;

/// At most limits::history_points_max points. `thinned`: every `stride`-th reading in the order of storing.
struct raw_answer {
  std::vector<point> points;
  bool thinned = false;
  std::uint64_t stride = 1;
};

/// Readings by time. Those of one time are never parted, so that there may be more than were asked for.
struct raw_page {
  std::vector<point> points;
  std::optional<timestamp> next{};  // where the next page begins
};

struct bucket {
  timestamp start;
  std::uint64_t count = 0;  // of numbers
  double min = 0;
  double max = 0;
  double mean = 0;
  double last = 0;
};

/// Buckets that have a number. `thinned`: `step` is wider than asked for, so that they are at most
/// limits::history_points_max.
struct step_answer {
  std::vector<bucket> buckets;
  nanoseconds step{};
  bool thinned = false;
};

/// What is stored, and what is known to be missing: the live answer to "lost? doubled?".
struct history_totals {
  std::uint64_t readings = 0;
  std::uint64_t messages = 0;
  std::uint64_t missing = 0;      // numbers of stamped devices between 1 and the highest seen
  std::uint64_t doubled = 0;      // messages of stamped devices that came again and were not stored again
  std::uint64_t gaps = 0;         // gap records
  std::uint64_t gap_records = 0;  // messages that they stand for
  std::uint64_t series = 0;
};

/// One stamped device in one of its lives.
struct device_account {
  std::string source;
  perigee::epoch epoch;
  std::uint64_t seen = 0;
  std::uint64_t missing = 0;
  std::uint64_t doubled = 0;
  std::uint64_t highest = 0;
};

/// A record that cannot be read: its owner has to set it aside, durably, before the block is committed (promise P7).
struct unreadable {
  std::string node;  // whose journal first had it
  perigee::epoch journal;
  log_offset offset{};
  log_offset at{};  // in the journal that is read; of the batch, where it came in one
  const char* reason = "";
  model::record record;
};

/// A gap record of this node or one below it.
struct known_gap {
  std::string node;  // whose log lost the records
  byte_buffer body;  // as in docs/formats/gap.md
};

/// What a series is called.
struct series_names {
  std::string node;
  std::string device;
  std::string metric;
};

/// Where a series stands after readings came to it.
struct newest_value {
  std::shared_ptr<const series_names> of;
  series_id id;
  timestamp time;
  model::value value;
  model::quality quality = model::quality::good;
  std::uint64_t readings = 0;  // that came, this one included
  std::shared_ptr<const std::string> source{};  // who sent it; null where the file was read
};

/// What one `apply` did.
struct applied {
  std::uint64_t messages = 0;
  std::uint64_t readings = 0;
  std::uint64_t doubled = 0;
  std::vector<unreadable> aside;
  std::vector<newest_value> newest;  // in the order of storing; a series may stand there several times
};

/// Exactly once: a block's readings and the position behind it are one transaction. Owned by the history reader and
/// used on its worker only; others, `read_only`, may look at the same file from anywhere, each from one thread.
/// Blocking.
class store {
 public:
  /// Makes the file when absent. errc::refused for the file of another node, errc::unsupported for a newer version's.
  static result<std::unique_ptr<store>> open(store_options options);
  ~store();
  store(const store&) = delete;
  store& operator=(const store&) = delete;

  /// The first record of the lane that is not stored yet.
  [[nodiscard]] result<log_offset> position(model::lane l);
  /// Everything but the commit. After an error nothing of the block is stored, and the same block may be staged again.
  /// What is staged and not committed when the store ends was never there.
  [[nodiscard]] result<applied> stage(const record_block& block);
  [[nodiscard]] result<> commit();

  /// Forgets chunks and gaps that are older as a whole, at most a step's worth; true when there is more to forget.
  [[nodiscard]] result<bool> retain(timestamp oldest);

  /// Keeps samples of the node's own metrics, all of one time: for two minutes in memory, then in the file. errc::full
  /// while a block is staged: then they are lost. Series past limits::history_own_series_max are left out.
  [[nodiscard]] result<> note_own(timestamp at, std::span<const own_sample> samples);

  /// What of them only this store knows; null where that is nothing.
  [[nodiscard]] std::shared_ptr<const own_tail> own() const;
  /// Another store's `own`, for one that only looks. What it has written since is seen twice then.
  void see_own(std::shared_ptr<const own_tail> tail);

  /// From now on a question is given up with errc::timed_out, between two chunks, where the patience is over.
  void answer_within(patience p);
  [[nodiscard]] bool out_of_time() const;

  /// Without the node's own.
  [[nodiscard]] result<std::vector<series_info>> series();
  /// The names of those that may have readings with from <= time < to, the node's own among them.
  [[nodiscard]] result<> for_each_name(timestamp from, timestamp to, function_ref<void(const series_name&)> each);
  /// The series of a device's metric, whatever node it came through; errc::not_found.
  [[nodiscard]] result<series_id> find(std::string_view device, std::string_view metric);
  /// Every reading of the series with from <= time < to, in the order of storing. Without the node's own metrics.
  [[nodiscard]] result<> scan(series_id of, timestamp from, timestamp to,
                              function_ref<void(const model::chunk_row&)> each);
  /// The numbers of the series in blocks that touch from <= time < to: the block begun last comes first, and rows in
  /// it are in the order of storing. One whose first and last time `wants` has no use for is left out unread; the rest
  /// is left out from where `each` says no.
  [[nodiscard]] result<> numbers(series_id of, timestamp from, timestamp to,
                                 function_ref<bool(timestamp, timestamp)> wants,
                                 function_ref<bool(const model::number_columns&)> each);
  [[nodiscard]] result<raw_answer> raw(series_id of, timestamp from, timestamp to);
  /// The first `most` of the range, by time.
  [[nodiscard]] result<raw_page> page(series_id of, timestamp from, timestamp to, std::size_t most);
  [[nodiscard]] result<step_answer> by_step(series_id of, timestamp from, timestamp to, nanoseconds step);

  /// Where every series stands, by its newest chunk; `readings` is 0. Without the node's own metrics.
  [[nodiscard]] result<std::vector<newest_value>> newest();
  [[nodiscard]] result<history_totals> totals();
  [[nodiscard]] result<std::vector<device_account>> devices();
  /// The newest first.
  [[nodiscard]] result<std::vector<known_gap>> gaps(std::size_t most);

  /// Stores a record that was set aside before, however often it is asked, once; an error where it still cannot be
  /// read. Between two blocks only.
  [[nodiscard]] result<> retry(const model::origin& from, const model::record_view& r);

 private:
  struct state;
  explicit store(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace perigee::readers::history

#pragma once
// The journal of a node: the only place where a record is stored. docs/formats/journal.md has the bytes.

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "io/file.hpp"
#include "io/worker.hpp"
#include "journal/cursor.hpp"
#include "journal/lane_log.hpp"
#include "journal/lineage.hpp"
#include "journal/options.hpp"
#include "journal/reader.hpp"
#include "model/record.hpp"

namespace perigee::journal {

namespace detail {
class cursor_set;
}

/// The three lanes of a node, its cursors, its identity and the lock on its folder. Owned by the node; lives on one
/// shard; close() ends it in order, destroying it alone is a crash that loses nothing acknowledged.
class journal {
 public:
  /// errc::exists: another process holds the folder. errc::refused: it belongs to another node. errc::unsupported: a
  /// newer version wrote it. What was found, the log says too.
  static result<std::unique_ptr<journal>> open(io::disk& disk, io::worker& worker, const options& chosen,
                                               recovery_report& found);
  /// For open().
  journal(std::unique_ptr<io::disk_lock> lock, std::string node, perigee::epoch epoch,
          std::unique_ptr<detail::cursor_set> cursors);
  ~journal();
  journal(const journal&) = delete;
  journal& operator=(const journal&) = delete;

  /// To the record's own lane: see lane_log::append.
  result<log_offset> append(const model::record_view& r, haste how = haste::awaited) {
    auto at = (*this)[r.lane].append(r, how);
    if (arrival_ && (at || !is(at.error(), errc::duplicate))) arrival_(r, at.value_or(log_offset()));
    return at;
  }
  /// Called on the shard within append for each record that is new, before it is durable, also where there is no room
  /// for it (then its offset is 0). One listener; it must not append.
  void on_arrival(std::move_only_function<void(const model::record_view&, log_offset)> listener) {
    arrival_ = std::move(listener);
  }
  /// Of its fullest lane.
  [[nodiscard]] staging_level staging() const {
    return std::ranges::max(lanes_ | std::views::transform([](const auto& lane) { return lane->staging(); }));
  }
  [[nodiscard]] lane_log& operator[](model::lane l) { return *lanes_[static_cast<std::size_t>(l)]; }
  [[nodiscard]] const lane_log& operator[](model::lane l) const { return *lanes_[static_cast<std::size_t>(l)]; }
  /// Which journal this is, and where in it each of its lives starts.
  [[nodiscard]] const lineage& lives() const { return lives_; }
  [[nodiscard]] perigee::epoch epoch() const { return lives_.journal; }
  /// The life in which this record was appended: (life, lane, offset) names it for ever, also where the folder is
  /// copied and both copies go on.
  [[nodiscard]] perigee::epoch life_at(model::lane l, log_offset at) const { return lives_[l].at(at).epoch; }
  [[nodiscard]] const std::string& node() const { return node_; }

  /// Called on the shard after each commit of any lane, in the order of registration, for the rest of the journal's
  /// life. With a worker that runs in place (io::inline_worker) that is inside append.
  void on_commit(std::move_only_function<void()> listener);
  /// Called on the shard when the disk begins to fail a lane and when it is well again. One listener; it may append.
  void on_trouble(std::move_only_function<void(const trouble&)> listener);
  /// The cursor of this name in this lane, where it stood; a new one starts at the oldest record kept. A `required`
  /// cursor holds back retention. errc::exists while it is open already, errc::full past the limit, errc::malformed for
  /// a name that is not [a-z0-9._-]{1,64}.
  result<std::unique_ptr<cursor>> open_cursor(std::string_view name, model::lane l, bool required);
  /// Ends a cursor for good, so that it no longer holds back retention. errc::exists while it is open.
  result<> forget_cursor(std::string_view name, model::lane l);
  /// The same for each cursor of the lane whose name starts so and that nobody has open: what they were for is not
  /// configured any more. Their names.
  [[nodiscard]] std::vector<std::string> forget_idle_cursors(std::string_view prefix, model::lane l);

  /// Saves cursors, retains by age, tries again after a failed write. About ten times a second.
  void tick(timestamp now);
  /// Commits and seals the lanes and saves the cursors, then `done` with the first error. No append after it.
  void close(std::move_only_function<void(result<>)> done);

 private:
  result<> open_lane(io::disk& disk, io::worker& worker, const options& chosen, std::size_t index,
                     recovery_report& found);
  result<> begin_life(io::disk& disk, const options& chosen, bool created);
  void committed();

  std::unique_ptr<io::disk_lock> lock_;
  std::string node_;
  lineage lives_;
  std::unique_ptr<detail::cursor_set> cursors_;
  std::array<std::unique_ptr<lane_log>, model::lane_count> lanes_;
  std::vector<std::move_only_function<void()>> listeners_;
  std::move_only_function<void(const model::record_view&, log_offset)> arrival_;
  std::move_only_function<void(const trouble&)> trouble_listener_;
};

}  // namespace perigee::journal

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "io/file.hpp"
#include "io/worker.hpp"
#include "journal/keyring.hpp"
#include "journal/options.hpp"
#include "model/record.hpp"

namespace perigee::journal {

namespace detail {
class lane_core;
}

/// Whether somebody waits until an appended record is durable. Nobody: it shares the next commit, which comes with the
/// next record that is awaited, with lane_log::commit_staged, when much is staged, or with the tick.
enum class haste : std::uint8_t { awaited, unawaited };

/// How much of limits::journal_staged_bytes_max is staged and not being written yet, while the disk takes what it is
/// given: less than a quarter; a quarter, so that who appended much of it should wait; a half, so that all should.
enum class staging_level : std::uint8_t { low, filling, crowded };

/// What a source last had stored in one of its epochs.
struct stamp {
  perigee::epoch epoch;
  perigee::sequence sequence;

  auto operator<=>(const stamp&) const = default;
};

/// Where one lane lives and what it is part of.
struct lane_site {
  io::disk& disk;
  io::worker& worker;
  std::string folder;
  model::lane lane;
  perigee::epoch epoch;  // of the journal
  std::uint64_t disk_free_min;
  metrics::registry& metrics;
  const time_source* time = nullptr;  // none: the duration of syncs is not measured
  keyring keys{};                     // none: nothing is encrypted
  std::uint64_t salt_seed = 0;
  log_offset at_least{};  // a cursor stands here: no record is numbered lower from now on
};

/// One lane's durable log: an append-only run of segment files with group commit. Records are numbered 0, 1, 2 ... and
/// committed in that order. At most one write is under way on the worker; what is appended meanwhile shares the next
/// one. Owned by the journal; lives on one shard. Destroying it abandons what is staged; close() first to keep it.
class lane_log {
 public:
  static result<std::unique_ptr<lane_log>> open(lane_site site, lane_options options, lane_recovery& found);
  /// For open().
  explicit lane_log(std::unique_ptr<detail::lane_core> core);
  ~lane_log();
  lane_log(const lane_log&) = delete;
  lane_log& operator=(const lane_log&) = delete;

  /// Copies the record to the next commit and answers its offset. errc::duplicate where it is stamped at or below its
  /// source's high-water mark in that epoch: it is staged or stored already. errc::full, errc::no_space,
  /// errc::too_large and errc::closed store nothing. errc::out_of_order where it
  /// was refused before and a later one of its source was stored since: it is not here and cannot come in any more.
  result<log_offset> append(const model::record_view& r, haste how = haste::awaited);
  /// Begins the commit of what is staged, where none is under way.
  void commit_staged();

  [[nodiscard]] log_offset start() const;      // the oldest kept
  [[nodiscard]] log_offset committed() const;  // one past the last that is durable and readable
  [[nodiscard]] log_offset staged() const;     // one past the last appended
  /// One past the last that a door may acknowledge: committed(), or staged() where the lane's durability is `memory`.
  [[nodiscard]] log_offset acknowledged() const;
  [[nodiscard]] staging_level staging() const;
  /// acknowledged() is staged().
  [[nodiscard]] bool acknowledges_at_once() const;
  /// The newest stamp appended from this source in the epoch that it used last, or in `in`, so that a sender can be
  /// told where to go on. It is durable with its record: an answer that vouches for it waits until acknowledged()
  /// passes the staged() of now.
  [[nodiscard]] std::optional<stamp> high_water(std::string_view source) const;
  [[nodiscard]] std::optional<stamp> high_water(std::string_view source, perigee::epoch in) const;
  /// Of each of its newest limits::journal_epochs_max epochs, the one used last first.
  [[nodiscard]] std::vector<stamp> high_waters(std::string_view source) const;
  [[nodiscard]] std::uint64_t bytes() const;  // of all segments
  [[nodiscard]] model::lane lane() const;

  /// Retention by age, and another try after a failed write or a full disk. About ten times a second.
  void tick(timestamp now);
  /// Called on the shard after each commit, before the journal's own listeners.
  void on_commit(std::move_only_function<void()> listener);
  /// Called on the shard when the disk begins to fail this lane and when it is well again. It may append.
  void on_trouble(std::move_only_function<void(const trouble&)> listener);
  /// Where the oldest required cursor stands: no segment from there on is dropped unless by when_full::drop_oldest.
  void on_needed(std::move_only_function<log_offset() const> oldest_needed);
  /// Commits what is staged and seals it, so that the next start has nothing to prove. Then `done`, with errc::closed
  /// for every later append. Where the disk refuses, `done` carries its error.
  void close(std::move_only_function<void(result<>)> done);

 private:
  friend class reader;
  void remember_refused(const model::record_view& r);

  std::unique_ptr<detail::lane_core> core_;
  /// Stamped records that found no room. A later one of the same source may have been stored since: then the mark is
  /// past what was refused, and it must not be taken for stored. Bounded by limits::journal_refused_max, oldest
  /// forgotten.
  std::deque<std::pair<std::string, stamp>> refused_;
};

}  // namespace perigee::journal

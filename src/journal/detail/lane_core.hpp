#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "journal/detail/batch.hpp"
#include "journal/detail/drop_book.hpp"
#include "journal/detail/flight.hpp"
#include "journal/detail/mark_table.hpp"
#include "journal/detail/recovery.hpp"
#include "journal/detail/segment_list.hpp"
#include "journal/lane_log.hpp"
#include "model/gap.hpp"

namespace perigee::journal::detail {

/// What a lane_log does; readers look into it for the segments. Same owner, shard and end.
class lane_core {
 public:
  lane_core(lane_site site, lane_options options, std::shared_ptr<drop_book> drops);
  ~lane_core();

  /// Takes over what recovery found, and stages what it could not prove.
  void start_from(recovered_lane found, lane_recovery& report);
  result<log_offset> append(const model::record_view& r, haste how);
  void commit_staged();
  void tick(timestamp now);
  void close(std::move_only_function<void(result<>)> done);
  /// The worker has done with the flight.
  void landed();

  [[nodiscard]] log_offset start() const { return segments_.empty() ? committed_ : segments_[0].first; }
  [[nodiscard]] log_offset committed() const { return committed_; }
  [[nodiscard]] log_offset staged() const { return staged_; }
  [[nodiscard]] staging_level staging() const;
  [[nodiscard]] const lane_options& chosen() const { return options_; }
  [[nodiscard]] const lane_site& site() const { return site_; }
  [[nodiscard]] const mark_table& marks() const { return marks_; }
  [[nodiscard]] segment_list& segments() { return segments_; }
  [[nodiscard]] const segment_list& segments() const { return segments_; }
  [[nodiscard]] model::gap_reason last_drop() const { return last_drop_; }
  /// What was dropped before `settled()`, as far as a required cursor still has to hear of it.
  [[nodiscard]] const drop_list& drops() const { return known_drops_; }
  /// From here up to start(), what was dropped is still being written down: a reader waits.
  [[nodiscard]] log_offset settled() const { return drops_pending_ == 0 ? start() : settled_; }
  void count_unreadable(std::uint64_t records) { metrics_.unreadable.add(records); }

  std::move_only_function<void()> committed_listener;
  std::move_only_function<log_offset() const> oldest_needed;
  std::move_only_function<void(const trouble&)> trouble_listener;

 private:
  struct counters {
    counters(metrics::registry& in, model::lane of);
    metrics::counter& records;
    metrics::counter& bytes;
    metrics::counter& commits;
    metrics::counter& failed;
    metrics::counter& duplicates;
    metrics::counter& dropped;
    metrics::counter& unreadable;
    metrics::gauge& size;
    metrics::gauge& failing;
    metrics::histogram& sync_seconds;

   private:
    counters(metrics::registry& in, const std::string& lane);
  };

  [[nodiscard]] result<> room_for(std::size_t bytes);
  [[nodiscard]] bool at_bound(std::size_t bytes) const;
  [[nodiscard]] bool over_records(std::uint64_t more) const;
  void stage(const model::record_view& r, std::size_t bytes);
  void stage_frame(byte_view whole);
  void count_staged(timestamp arrival);
  void open_batch();
  void open_segment();
  void add_mark();
  [[nodiscard]] segment_seal draw_seal();
  void launch();
  void launch_if_ready();
  [[nodiscard]] bool is_due() const;
  void committed(const batch& b);
  void failed();
  void tell_trouble();
  void finish_close();
  [[nodiscard]] bool may_drop_oldest() const;
  void drop_oldest(model::gap_reason reason);
  void prune_drops();
  /// Runs `change` on the worker, where the book is at home, and takes over what it answers: then all before `settled`
  /// is told of.
  void change_drops(std::move_only_function<drop_list(drop_book&)> change, log_offset settled_before,
                    log_offset settled);
  void drops_changed(drop_list now, log_offset settled);
  void keep_to_size();

  const lane_site site_;
  const lane_options options_;
  counters metrics_;
  segment_list segments_;
  mark_table marks_;
  log_offset committed_{};
  log_offset staged_{};
  timestamp newest_{};              // arrival
  batch batch_;                     // being staged
  std::shared_ptr<flight> flight_;  // being written
  byte_buffer scratch_;             // for state frames
  bool awaited_ = false;            // somebody waits for what is staged
  bool flying_ = false;
  bool has_file_ = false;         // the flight's file takes more
  std::uint64_t file_end_ = 0;    // of that file, with what is in flight
  log_offset file_first_{};       // of its records
  bool sealed_ = true;            // a mark proves all that was written
  std::optional<error> trouble_;  // why the last write failed: the next tick tries again
  bool disk_low_ = false;
  bool failing_told_ = false;
  bool disk_low_told_ = false;
  model::gap_reason last_drop_ = model::gap_reason::disk_bound;
  prng salts_;
  std::shared_ptr<drop_book> drop_book_;
  drop_list known_drops_;
  log_offset settled_{};
  std::uint32_t drops_pending_ = 0;
  bool hole_settled_ = false;  // readers that waited are told at the next tick
  bool closing_ = false;
  std::move_only_function<void(result<>)> closed_;
};

}  // namespace perigee::journal::detail

#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "model/record.hpp"

namespace perigee::journal {

/// What a lane's log took in from one opening of the journal to the next. Two copies of a folder have their old lives
/// in common and go on under different ones, so that (life, offset) never names two records.
struct life {
  perigee::epoch epoch;  // random, drawn at the opening
  log_offset first;

  bool operator==(const life&) const = default;
};

/// The lives of one lane, oldest first; the newest is going on. A life that took in nothing is not kept.
class lane_lives {
 public:
  /// A new life starts where the log ends. Lives that start there or behind left no record here. At
  /// limits::journal_lives_max the two oldest become one, under the name of the newer.
  void begin(perigee::epoch fresh, log_offset end);

  [[nodiscard]] std::span<const life> all() const { return all_; }
  [[nodiscard]] const life& newest() const { return all_.back(); }
  /// Which life the record at this offset belongs to. There is one from the first `begin` on.
  [[nodiscard]] const life& at(log_offset offset) const;
  /// Its place in all().
  [[nodiscard]] std::optional<std::size_t> find(perigee::epoch of) const;
  /// Where the life at this place ends: the next one's first; for the newest the end of all offsets.
  [[nodiscard]] log_offset end_of(std::size_t place) const;
  /// Up to where a log with these lives and one with the `other` hold the same: the end of their newest common life.
  /// Nothing where they have none in common.
  [[nodiscard]] std::optional<log_offset> same_until(const lane_lives& other) const;

  void encode(byte_writer& to) const;
  /// Turns `from` bad where it does not hold lives as `encode` writes them.
  [[nodiscard]] static lane_lives decode(byte_reader& from);
  bool operator==(const lane_lives&) const = default;

 private:
  std::vector<life> all_;
};

/// Which journal this is and which lives its records belong to: what a reader that keeps its position outside of the
/// journal's folder keeps with it, and what a child tells its parent. docs/formats/journal.md. Changes only when the
/// journal is opened.
struct lineage {
  perigee::epoch journal;
  std::array<lane_lives, model::lane_count> lanes;

  [[nodiscard]] const lane_lives& operator[](model::lane l) const { return lanes[static_cast<std::size_t>(l)]; }
  /// The life that is going on, the same in every lane.
  [[nodiscard]] perigee::epoch current() const { return lanes.front().newest().epoch; }
  /// Where a reader goes on that had handled all before `position` of a journal that was `then`, before this one was
  /// opened. Not `position` where this folder is an older copy, or another journal.
  [[nodiscard]] log_offset resume(model::lane l, const lineage& then, log_offset position) const;

  void encode(byte_writer& to) const;
  [[nodiscard]] static lineage decode(byte_reader& from);
  bool operator==(const lineage&) const = default;
};

}  // namespace perigee::journal

#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "base/id.hpp"
#include "base/time.hpp"
#include "journal/detail/frame.hpp"

namespace perigee::journal::detail {

/// One segment file as far as it is committed.
struct segment {
  struct place {
    std::uint32_t record;    // counted from the segment's first
    std::uint32_t position;  // in the file
  };

  log_offset first;
  std::uint64_t bytes = 0;
  timestamp newest_before;  // everything in the segments before arrived by then
  segment_seal seal{};
  std::vector<place> index{};  // sparse, ascending: where to start looking for a record

  /// Remembers where a record starts, if the last place remembered is far enough back.
  void note(log_offset at, std::uint64_t position);
  /// The nearest place at or before `at`.
  [[nodiscard]] place nearest(log_offset at) const;
};

/// The segments of a lane, oldest first. Owned by the lane.
class segment_list {
 public:
  void push(segment s);
  void grow_last(std::uint64_t bytes);
  segment pop_oldest();

  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] segment& operator[](std::size_t i) { return all_[i]; }
  [[nodiscard]] const segment& operator[](std::size_t i) const { return all_[i]; }
  [[nodiscard]] segment& last() { return all_.back(); }
  /// The position in the list of the segment that an offset at or behind the oldest first falls in.
  [[nodiscard]] std::size_t find(log_offset at) const;

 private:
  std::deque<segment> all_;
  std::uint64_t bytes_ = 0;
};

}  // namespace perigee::journal::detail

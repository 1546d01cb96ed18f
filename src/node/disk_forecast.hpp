#pragma once

#include <deque>
#include <optional>

#include "base/time.hpp"

namespace perigee::node {

/// When a disk will be full, if it fills as it did. Free space is noted every few minutes; what was freed between two
/// notes (a segment dropped, a log rotated) counts as well as what was written. Owned by the node, on its shard.
class disk_forecast {
 public:
  /// Once a minute or so; what is less than `note_every` after the note before is passed over.
  void note(timestamp now, std::uint64_t free_bytes);
  /// Days until nothing is free; nothing before ten minutes are known, or where the free space does not shrink.
  [[nodiscard]] std::optional<double> days_left() const;

  static constexpr nanoseconds note_every = std::chrono::minutes(5);
  static constexpr nanoseconds remembered = std::chrono::hours(24);

 private:
  struct sample {
    timestamp at;
    std::uint64_t free_bytes;
  };
  std::deque<sample> samples_;  // of the last `remembered`
};

}  // namespace perigee::node

#pragma once

#include <cstdint>
#include <deque>

#include "base/time.hpp"
#include "client/link_state.hpp"

namespace perigee::client {

/// How fast a link gets rid of what waits: the mean of the last five seconds. Owned by whoever sends over it.
class drain_rate {
 public:
  /// So many were acknowledged now.
  void note(std::uint64_t records, clock::time_point now);
  void clear() { samples_.clear(); }
  [[nodiscard]] double per_second(clock::time_point now) const;
  /// Fills in the rate and, from it and what waits, the time until nothing does.
  void tell(link_state& to, clock::time_point now) const;

 private:
  struct sample {
    clock::time_point at;
    std::uint64_t total;
  };
  std::deque<sample> samples_;  // bounded: limits::uplink_drain_samples_max
  std::uint64_t total_ = 0;
};

}  // namespace perigee::client

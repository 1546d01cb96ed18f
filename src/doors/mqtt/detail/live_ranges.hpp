#pragma once

#include <deque>

#include "base/id.hpp"

namespace perigee::doors::mqtt::detail {

/// Records of a lane that went to subscribers when they came, ahead of others that wait for their commit: whoever
/// routes what is committed steps over them. Adjoining ones are one range. Bounded by limits::mqtt_live_ranges_max.
/// Owned by the broker.
class live_ranges {
 public:
  /// False where there is no room for one more range: the record must wait its turn.
  [[nodiscard]] bool takes(log_offset at) const;
  /// In the order of the log.
  void add(log_offset at);
  /// The first record from `at` on that has not gone out, or `limit`. What lies before it is forgotten.
  [[nodiscard]] log_offset step_over(log_offset at, log_offset limit);
  [[nodiscard]] bool holds(log_offset at) const;

 private:
  struct range {
    log_offset first;
    log_offset end;
  };
  std::deque<range> ranges_;
};

}  // namespace perigee::doors::mqtt::detail

#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "journal/detail/mark_table.hpp"
#include "journal/detail/segment_list.hpp"
#include "journal/lane_log.hpp"
#include "journal/options.hpp"

namespace perigee::journal::detail {

/// What stands in a lane's folder.
struct recovered_lane {
  segment_list segments;  // as far as they are proven
  log_offset proven{};    // one past the last record known to be on stable storage
  byte_buffer unproven;   // the frames behind it, whole and in order: to be staged again
  mark_table marks;       // before the unproven ones
  timestamp newest{};     // the latest arrival time among the records that were read
};

/// Reads the headers of all segments and the frames of the last one. Changes nothing but for segments that were never
/// finished, and those that end at or before `dropped_end`: a crash kept them from being removed.
result<recovered_lane> recover(const lane_site& site, log_offset dropped_end, lane_recovery& found);

}  // namespace perigee::journal::detail

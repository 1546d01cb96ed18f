#pragma once

#include <cstdint>
#include <memory>

#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "base/id.hpp"
#include "journal/lane_log.hpp"
#include "model/gap.hpp"
#include "model/record.hpp"

namespace perigee::journal {

/// Reads a lane in order, committed records only. Where records are gone (dropped by a bound, damaged, or their segment
/// is missing) it delivers one record of kind `gap` in their place, at the first missing offset, and goes on behind
/// them (promise P3). Owned by whoever reads; lives on the lane's shard and not longer than the lane.
class reader {
 public:
  using visitor = function_ref<void(log_offset, const model::record_view&)>;

  explicit reader(lane_log& from, log_offset position = {});
  ~reader();
  reader(reader&&) noexcept;
  reader& operator=(reader&&) noexcept;

  /// Visits records until it has read `bytes_max` bytes of them (at least one record) or all that is committed. Answers
  /// how many it visited; 0 when there is nothing new. Views are valid during the visit only. An error (the disk does
  /// not read) leaves the position at the first record not visited.
  result<std::size_t> read(std::size_t bytes_max, visitor visit);
  /// During a visit: the read ends behind this record.
  void stop() { stopped_ = true; }
  /// One past the last record visited.
  [[nodiscard]] log_offset position() const { return position_; }
  void seek(log_offset to);
  /// Records committed and not yet read.
  [[nodiscard]] std::uint64_t behind() const;

 private:
  struct open_segment;

  struct step {
    std::size_t records = 0;
    std::size_t bytes = 0;
  };

  result<> enter_segment();
  result<step> read_one(visitor visit);
  log_offset refresh_end();
  /// Over what was dropped. False where it is still being written down: there is nothing to read yet.
  bool pass_hole(visitor visit);
  void pass_over(log_offset end, model::gap_reason reason, timestamp newest, visitor visit);
  void visit_gap(log_offset first, byte_view payload, timestamp newest, visitor visit);

  lane_log* log_;
  log_offset position_;
  bool stopped_ = false;      // by the visitor
  timestamp last_arrival_{};  // of a record visited
  std::unique_ptr<open_segment> segment_;
  byte_buffer gap_payload_;
};

}  // namespace perigee::journal

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "journal/detail/lane_folder.hpp"
#include "journal/detail/segment_survey.hpp"
#include "journal/verify.hpp"

namespace perigee::journal::detail {

/// Judges one segment: what in it does not verify, and which records of it are gone. Owned by one verification.
class segment_check {
 public:
  segment_check(std::string file, model::lane lane, const segment_file& of, const std::function<void(finding)>& report)
      : file_(std::move(file)), lane_(lane), of_(of), report_(report) {}

  /// Reads to the end of the segment's records.
  result<> read(segment_survey& in, const std::function<void(std::uint64_t position)>& progress);
  /// After the last read: what is behind, and what is missing up to the next segment, where there is one. `next_names`:
  /// the segment that the next one says it follows.
  result<> finish(segment_survey& in, std::optional<log_offset> next_names);

  [[nodiscard]] std::uint64_t records() const { return records_; }

 private:
  /// Bytes that are no frame, and the records that should stand there.
  struct hole {
    std::uint64_t at;
    std::uint64_t bytes;
    log_offset first;
    log_offset end;
  };

  void finish_before(log_offset end, const segment_survey& in, std::optional<log_offset> next_names);
  void finish_last(const segment_survey& in);
  void take(const frame& f, log_offset due);
  void check_state(const frame& f);
  void prove();
  void report_hole(const hole& h);
  void report_missing(log_offset first, log_offset end);
  [[nodiscard]] finding about(std::string_view kind) const;
  [[nodiscard]] bool repaired() const { return of_.header && of_.header->repaired; }

  std::string file_;
  model::lane lane_;
  const segment_file& of_;
  const std::function<void(finding)>& report_;
  std::uint64_t records_ = 0;
  bool begun_ = false;
  std::uint64_t data_end_ = 0;  // behind it are zeros
  bool unreadable_ = false;     // a record was
  std::vector<hole> unproven_;  // damage if a mark follows, else the rest of a write that was interrupted
};

}  // namespace perigee::journal::detail

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "io/file.hpp"
#include "journal/detail/frame_scanner.hpp"
#include "journal/detail/lane_folder.hpp"

namespace perigee::journal::detail {

/// Reads the frames of a segment that nobody opened: for looking at a journal while a node may be writing it. What the
/// disk does not read counts as bytes that do not verify. Owned by one look, on one thread.
class segment_survey {
 public:
  /// `end`: where the next segment takes over; none for the newest.
  static result<segment_survey> open(io::disk& disk, const std::string& folder, const segment_file& of,
                                     std::optional<log_offset> end);

  /// The next frame of the segment's own, or nothing. Bytes that did not verify were read twice before they count as
  /// skipped: a node may have been writing them.
  result<std::optional<frame>> next();
  /// A newer segment was found: the records end there, and the file may have grown up to them.
  result<> take_over(log_offset end);

  /// Where the bytes behind position() end, without the zeros that were written ahead.
  result<std::uint64_t> data_end();

  /// The record that is due at position().
  [[nodiscard]] log_offset expected() const { return scanner_->expected(); }
  [[nodiscard]] std::uint64_t position() const { return scanner_->position(); }
  [[nodiscard]] std::uint64_t limit() const { return scanner_->limit(); }
  [[nodiscard]] std::optional<log_offset> end() const { return end_; }

 private:
  segment_survey(std::unique_ptr<io::file> file, const std::uint64_t& unread_end, const segment_file& of,
                 std::optional<log_offset> end);

  std::unique_ptr<io::file> file_;
  const std::uint64_t* unread_end_;  // in that file
  std::unique_ptr<frame_scanner> scanner_;
  std::optional<log_offset> end_;
};

}  // namespace perigee::journal::detail

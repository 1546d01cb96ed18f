#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "io/file.hpp"
#include "journal/detail/frame.hpp"

namespace perigee::journal::detail {

struct frame {
  frame_kind kind;
  bool sealed;
  log_offset offset;
  std::uint64_t position;  // of its first byte in the file
  std::uint64_t skipped;   // unreadable bytes right before it
  byte_view whole;         // head and body; until the next call

  [[nodiscard]] byte_view body() const { return whole.subspan(frame_head_bytes); }
};

/// Reads the frames of one segment in order through a window that grows with need. Over bytes that do not verify it
/// moves to the next frame that does and whose offset can follow. Owned by a reader or a recovery, used on one thread.
class frame_scanner {
 public:
  /// From `position` up to `limit`; the frame there is expected to carry `offset`.
  frame_scanner(io::file& from, std::uint64_t position, std::uint64_t limit, log_offset offset)
      : file_(from), position_(position), limit_(limit), expected_(offset) {}

  /// Nothing at the limit, or where no frame follows before it.
  result<std::optional<frame>> next();
  /// Behind the last frame that was given.
  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] log_offset expected() const { return expected_; }
  [[nodiscard]] std::uint64_t limit() const { return limit_; }
  /// More was committed to the file.
  void extend(std::uint64_t limit) { limit_ = limit; }

 private:
  result<std::optional<frame>> frame_at(std::uint64_t position, std::uint64_t skipped);
  result<bool> load(std::uint64_t position, std::size_t bytes);
  [[nodiscard]] const std::uint8_t* at(std::uint64_t position) const {
    return window_.data() + (position - window_start_);
  }

  io::file& file_;
  std::uint64_t position_;
  std::uint64_t limit_;
  log_offset expected_;
  byte_buffer window_;
  std::uint64_t window_start_ = 0;
  std::size_t window_size_ = 0;
};

/// Behind the last byte between `from` and `to` that is not zero; `from` where all are. What follows in a segment was
/// written ahead.
[[nodiscard]] result<std::uint64_t> end_of_data(io::file& in, std::uint64_t from, std::uint64_t to);

}  // namespace perigee::journal::detail

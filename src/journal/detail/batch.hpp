#pragma once

#include <algorithm>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "base/time.hpp"

namespace perigee::journal::detail {

/// Frames that are written and synced together. Its buffer stays between batches: in the steady state nothing is
/// allocated.
struct batch {
  byte_buffer bytes;  // the first `used` count
  std::size_t used = 0;
  std::size_t lead_bytes = 0;  // in front of the records: a mark, or a segment's header and state
  bool opens_segment = false;
  log_offset first{};  // of its records
  log_offset end{};    // one past their last
  std::uint32_t records = 0;
  timestamp newest_before{};  // arrival time of the newest record in front of them

  [[nodiscard]] bool empty() const { return used == 0; }
  [[nodiscard]] byte_view written() const { return byte_view(bytes).first(used); }
  [[nodiscard]] byte_view frames() const { return written().subspan(lead_bytes); }

  /// Room for `n` more bytes, to be filled in.
  byte_span extend(std::size_t n) {
    if (bytes.size() - used < n) bytes.resize(std::max({2 * bytes.size(), used + n, bytes_min}));
    const auto out = byte_span(bytes).subspan(used, n);
    used += n;
    return out;
  }
  void add(byte_view frame) { std::ranges::copy(frame, extend(frame.size()).begin()); }
  /// Empty again; a buffer that one large batch made is given back.
  void clear(std::size_t bytes_kept_max) {
    if (bytes.size() > bytes_kept_max) byte_buffer().swap(bytes);
    used = lead_bytes = 0;
    records = 0;
    opens_segment = false;
  }

 private:
  static constexpr std::size_t bytes_min = 4096;
};

}  // namespace perigee::journal::detail

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/time.hpp"
#include "io/file.hpp"
#include "journal/detail/lane_folder.hpp"

namespace perigee::journal::detail {

/// What a segment's file is to be made of.
struct rewrite {
  segment_file of;
  std::optional<log_offset> end;          // where the next segment takes over
  std::optional<std::uint64_t> verbatim;  // from here on bytes are copied as they are: a torn tail
  log_offset previous = no_segment;       // for a header that does not verify, and
  timestamp newest_before{};              // this
};

struct rewritten {
  std::uint64_t bytes_aside = 0;
  std::string aside;  // the name of the file that has them; empty: none
};

/// Writes a segment anew: its frames that verify, one after the other, under a header that says so; then renames it to
/// its place. What does not verify goes to a `damaged-*.bin` beside it: position and length (8 bytes each), bytes, for
/// each piece. A crash leaves the old or the new file, and perhaps a `.seg.new`.
[[nodiscard]] result<rewritten> rewrite_segment(io::disk& disk, const std::string& folder, model::lane lane,
                                                perigee::epoch epoch, const rewrite& plan);

}  // namespace perigee::journal::detail

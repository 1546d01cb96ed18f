#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/id.hpp"
#include "io/file.hpp"
#include "journal/detail/frame.hpp"
#include "model/record.hpp"

namespace perigee::journal::detail {

/// A file that has a segment's name, as its header tells.
struct segment_file {
  log_offset first;  // as the name says
  std::uint64_t bytes = 0;
  std::optional<segment_header> header{};  // none: it does not verify, because:
  const char* damage = "";
  std::optional<error> unread{};  // the disk did not give it

  [[nodiscard]] std::string name() const { return segment_name(first); }
};

/// What stands in the folder of a lane.
struct lane_folder {
  std::vector<segment_file> segments;   // oldest first; where a header does not verify, its name is believed
  std::vector<segment_file> misplaced;  // whose header says another offset, lane or epoch than their place
  std::vector<std::string> unfinished;  // names of segments that were being made
  std::vector<std::string> set_aside;   // names of misplaced segments that an opening moved out of the way
};

inline constexpr std::string_view unfinished_suffix = ".new";
inline constexpr std::string_view set_aside_suffix = ".misplaced";

/// Reads names and headers, and changes nothing. Without an epoch, segments of any count as in place. A file that
/// retention removes meanwhile is left out. errc::unsupported where a newer version wrote a segment.
[[nodiscard]] result<lane_folder> read_lane_folder(io::disk& disk, const std::string& folder, model::lane lane,
                                                   std::optional<epoch> of);

/// One file's header, whatever the file is called. errc::unsupported.
[[nodiscard]] result<segment_file> read_segment_file(io::disk& disk, const std::string& path, log_offset first);

/// Renames a misplaced segment so that no new segment can take its name and so replace it. The new name.
[[nodiscard]] result<std::string> set_aside(io::disk& disk, const std::string& folder, const segment_file& which);

}  // namespace perigee::journal::detail

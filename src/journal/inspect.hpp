#pragma once
// A journal as it stands on the disk, for an operator. Nothing here opens the journal, takes its lock or changes a
// byte, so all of it works beside a running node. docs/formats/journal.md has the bytes.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "base/id.hpp"
#include "base/time.hpp"
#include "io/file.hpp"
#include "journal/keyring.hpp"
#include "model/record.hpp"

namespace perigee::journal {

struct segment_summary {
  log_offset first;
  std::uint64_t records = 0;  // as offsets tell; those that cannot be read are among them
  std::uint64_t bytes = 0;
  timestamp oldest;             // arrival of its first record; 0: it cannot be read
  timestamp newest;             // all of it arrived by then; 0: not known
  bool sealed = false;          // a newer one took over
  bool header_damaged = false;  // journal::verify tells the rest
};

struct lane_summary {
  model::lane lane{};
  std::vector<segment_summary> segments;  // oldest first
  log_offset end;                         // one past the last record
  std::vector<std::string> elsewhere;     // files that have a segment's name or had it, and are no part of the lane

  [[nodiscard]] log_offset start() const { return segments.empty() ? end : segments.front().first; }
};

struct cursor_summary {
  std::string name;
  model::lane lane{};
  bool readable = false;  // else its reader starts again at the oldest record
  bool required = false;
  log_offset position;
  std::uint64_t behind = 0;  // records
};

struct journal_summary {
  std::string node;  // empty: journal.id does not tell
  perigee::epoch epoch;
  std::array<lane_summary, model::lane_count> lanes;
  std::vector<cursor_summary> cursors;
};

/// Names, headers, the first record of each segment and all of each lane's newest. errc::not_found where the folder
/// holds no journal.
[[nodiscard]] result<journal_summary> summarize(io::disk& disk, const std::string& folder);

/// The cursors' files; those of a journal of another epoch than `of` are not readable. Without `behind`.
[[nodiscard]] result<std::vector<cursor_summary>> read_cursors(io::disk& disk, const std::string& folder,
                                                               std::optional<perigee::epoch> of);

struct dump_range {
  model::lane lane{};
  log_offset from{};
  log_offset to{UINT64_MAX};  // the last
};

/// Gets what a dump finds, in order of offsets. Each answers whether to go on.
struct dump_visitor {
  virtual ~dump_visitor() = default;
  virtual bool on_record(log_offset at, const model::record_view& r) = 0;
  /// Records `first` to `last` are not there, or do not verify.
  virtual bool on_missing(log_offset first, log_offset last) = 0;
};

/// Records that are encrypted under none of the `keys` count as missing.
[[nodiscard]] result<> dump(io::disk& disk, const std::string& folder, const keyring& keys, const dump_range& wanted,
                            dump_visitor& visitor);

}  // namespace perigee::journal

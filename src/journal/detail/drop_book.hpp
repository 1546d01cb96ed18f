#pragma once

#include <string>

#include "base/error.hpp"
#include "base/id.hpp"
#include "io/file.hpp"
#include "journal/detail/drop_list.hpp"
#include "journal/detail/frame.hpp"
#include "journal/lane_log.hpp"
#include "model/gap.hpp"

namespace perigee::journal::detail {

/// A segment that has to go.
struct doomed_segment {
  log_offset first;
  log_offset end;
  segment_seal seal;
  log_offset needed;  // by the hindmost required cursor; at or past `end`: nobody misses what is in it
  model::gap_reason reason;
};

/// What a lane's folder says of what was dropped. errc::corrupt, errc::unsupported.
[[nodiscard]] result<drop_list> read_drops(io::disk& disk, const std::string& folder, perigee::epoch journal);

/// Removes segments, and writes down first what was in them where a required cursor still needs them (promise P3).
/// After `load`, used on the lane's worker only, by jobs that share it: it may outlive the lane.
class drop_book {
 public:
  explicit drop_book(const lane_site& site);

  /// Reads the list in the folder. A damaged one is reported and left out: the gaps are then told without details.
  result<> load();
  [[nodiscard]] const drop_list& list() const { return list_; }

  /// Answers the list as it is then, for the shard. What fails is logged: the lane needs the room all the same.
  drop_list drop(const doomed_segment& what);
  drop_list prune(log_offset passed);

 private:
  void write_down(const doomed_segment& what);
  result<> tally(const doomed_segment& what, log_offset from, model::gap_tally& into);
  void save();
  void remove(log_offset first);

  io::disk& disk_;
  const std::string folder_;
  const model::lane lane_;
  const perigee::epoch epoch_;
  const keyring keys_;
  drop_list list_;
};

}  // namespace perigee::journal::detail

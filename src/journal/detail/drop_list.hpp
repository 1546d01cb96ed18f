#pragma once

#include <deque>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/id.hpp"
#include "model/gap.hpp"

namespace perigee::journal::detail {

/// Records that were dropped before every required cursor had passed them.
struct dropped {
  log_offset first;
  log_offset end;
  timestamp newest;
  byte_buffer gap;  // the payload of the gap record that stands in their place
};

/// What a lane has to tell its readers of what was dropped, oldest first: docs/formats/journal.md, `drops`. At most
/// limits::journal_drops_max entries: past that the two oldest become one.
class drop_list {
 public:
  /// Behind all others; what is in the list already is left out.
  void add(model::gap gone);
  /// Forgets what ends at or before `passed`. False where there was nothing of the kind.
  bool prune(log_offset passed);

  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  [[nodiscard]] const dropped& oldest() const { return all_.front(); }
  /// One past the last dropped.
  [[nodiscard]] log_offset end() const { return all_.empty() ? log_offset() : all_.back().end; }
  /// The first entry that ends behind `at`; none where there is none.
  [[nodiscard]] const dropped* find(log_offset at) const;

  void encode(perigee::epoch journal, byte_buffer& out) const;
  /// errc::corrupt, also for another journal's; errc::unsupported for a newer version.
  [[nodiscard]] static result<drop_list> decode(byte_view in, perigee::epoch journal);

 private:
  void merge_oldest();

  std::deque<dropped> all_;
};

}  // namespace perigee::journal::detail

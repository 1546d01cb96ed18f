#pragma once

#include <array>
#include <bitset>
#include <string_view>

#include "base/time.hpp"
#include "journal/journal.hpp"

namespace perigee::node {

/// Raises an alarm when the disk fails the journal, and clears it when it is well again: `journal` with the lane as its
/// key where a write failed, with the key `disk` where the disk is nearly full, told as a rule's alarms are
/// (docs/rules.md), on the topic alarm/journal/KEY. What the alarm lane does not take waits until it does. Owned by the
/// node, on its shard, not longer than the journal.
class journal_alarms {
 public:
  /// Listens to the journal from now on.
  explicit journal_alarms(journal::journal& log);
  ~journal_alarms();
  journal_alarms(const journal_alarms&) = delete;
  journal_alarms& operator=(const journal_alarms&) = delete;

  /// Tells what the alarm lane has not taken yet. About ten times a second.
  void tick(timestamp now);

 private:
  /// What one key has to say. The journal's troubles come and go faster than they can be stored while it has them: only
  /// the newest state counts, but an alarm that was raised is always cleared.
  struct alarm {
    bool raised = false;
    bool told_raised = false;
    bool owes_raise = false;  // it was raised since, and nobody has heard of that
    timestamp since{};        // the tick after it began
    const char* why = "";
  };
  static constexpr std::size_t disk_key = model::lane_count;  // behind one key for each lane

  void heard(const journal::trouble& t);
  bool tell(std::size_t key, bool raised, timestamp now);

  journal::journal& log_;
  std::array<alarm, model::lane_count + 1> alarms_{};
  std::bitset<model::lane_count> low_;
};

}  // namespace perigee::node

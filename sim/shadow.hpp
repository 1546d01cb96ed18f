#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "journal/journal.hpp"
#include "sim/disk.hpp"
#include "sim/rule_fold.hpp"
#include "sim/world.hpp"

namespace perigee::sim {

/// Where a device's reading says which one it is: {"n":17,...}. 0 where it is not one.
[[nodiscard]] std::uint64_t number_in(byte_view payload);

/// Tells a record from every other by all its bytes. `scratch` is for the encoding.
[[nodiscard]] std::uint32_t print_of(const model::record_view& r, byte_buffer& scratch);

/// What a node's journal committed, in its order, told apart from what it says later: the truth that checkers compare
/// with. Owned by the node; outlives its processes.
class shadow {
 public:
  struct entry {
    std::uint32_t print = 0;  // of the record's bytes
    model::record_kind kind = model::record_kind::message;
    std::string who;          // a message's source; a batch's node
    std::uint64_t first = 0;  // a batch's run of offsets
    std::uint64_t last = 0;
    std::uint64_t number = 0;  // of a device's reading
    std::uint64_t epoch = 0;   // of a stamped one
  };
  using lane = std::vector<entry>;

  shadow(world& in, std::string node, bool with_rules);

  /// Takes over what was committed since; call after each commit.
  void follow(journal::journal& log);
  /// P1, P3: what the journal has now is what was committed, or a gap that is accounted for: some of it, or all.
  void verify_some(journal::journal& log, const disk& on);
  void verify_all(journal::journal& log, const disk& on);

  [[nodiscard]] const lane& of(model::lane l) const { return lanes_[static_cast<std::size_t>(l)]; }
  [[nodiscard]] const std::string& node() const { return node_; }
  /// Records were dropped or damaged before every reader had them, for all that is known.
  [[nodiscard]] bool lost_input() const { return lost_input_; }
  [[nodiscard]] const rule_fold* rules() const { return rules_ ? &*rules_ : nullptr; }

 private:
  void take(model::lane l, log_offset at, const model::record_view& r);
  void verify(journal::lane_log& log, const disk& on, log_offset from, std::size_t records_max);
  void judge(model::lane l, log_offset at, const model::record_view& r, std::uint64_t& damaged);

  world& world_;
  std::string node_;
  std::array<lane, model::lane_count> lanes_;
  std::optional<rule_fold> rules_;
  bool lost_input_ = false;
  byte_buffer scratch_;
};

}  // namespace perigee::sim

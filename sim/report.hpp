#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/site.hpp"

namespace perigee::sim {

/// What many runs came to together.
class report {
 public:
  void add(const outcome& o);

  /// A fault that never struck, or a checker that never looked, over so many runs that it should have: the simulation
  /// itself is broken. Empty with fewer runs.
  [[nodiscard]] std::vector<std::string> never() const;
  [[nodiscard]] bool passed() const { return broken_ == 0 && never().empty(); }
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string json() const;

  /// What one failed run has to say, with the command that repeats it.
  [[nodiscard]] static std::string failure(const outcome& o, std::string_view program);

 private:
  std::uint64_t seeds_ = 0;
  std::uint64_t broken_ = 0;
  std::uint64_t produced_ = 0;
  std::uint64_t crashes_ = 0;
  std::uint64_t in_gaps_ = 0;
  tally faults_;
  tally judgements_;
};

}  // namespace perigee::sim

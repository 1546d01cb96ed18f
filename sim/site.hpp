#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/tally.hpp"

namespace perigee::sim {

/// What one run came to.
struct outcome {
  std::uint64_t seed = 0;
  std::string drawn;  // the faults and knobs
  std::uint64_t produced = 0;
  std::uint64_t crashes = 0;
  std::uint64_t in_gaps = 0;          // records that gap records stand for
  std::uint64_t trace = 0;            // the same for the same seed
  tally faults;                       // how often each struck
  tally judgements;                   // how often each checker looked at something
  std::vector<std::string> failures;  // promises broken; empty when all held
};

struct run_options {
  std::uint64_t seed = 1;
  bool show_trace = false;
  std::string folder;  // an existing, empty one of the machine's, for the history's SQLite file
};

/// One site from one seed: some seconds of virtual time under faults drawn from the seed, then healed and given a
/// minute to drain; then the checkers. docs/simulation.md lists faults and checkers.
[[nodiscard]] outcome simulate(const run_options& chosen);

/// The names of all faults that a run may draw.
[[nodiscard]] std::vector<std::string> all_faults();

}  // namespace perigee::sim

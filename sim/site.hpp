#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/sensor.hpp"

namespace perigee::sim {

/// What one run came to.
struct outcome {
  std::uint64_t seed = 0;
  std::string faults;  // which were drawn
  std::uint64_t produced = 0;
  std::uint64_t crashes = 0;
  std::uint64_t trace = 0;            // the same for the same seed
  std::vector<std::string> failures;  // promises broken; empty when all held
};

/// Edge, fog and cloud with two stamping devices, 20 s of virtual time under faults drawn from the seed, then healed
/// and given a minute to drain. Checks that what a journal acknowledged survives and arrives (P1), that nothing arrives
/// twice or out of order (P2), and that everything sent arrives once the site is well.
[[nodiscard]] outcome simulate(std::uint64_t seed, canary bird = canary::none, bool show_trace = false);

}  // namespace perigee::sim

#include "sim/knobs.hpp"

#include <algorithm>
#include <format>

namespace perigee::sim {
namespace {

constexpr double fault_in_a_run = 0.35;
constexpr double quiet_run = 0.05;  // no faults at all: what then fails needs none
constexpr std::uint64_t small_bytes_min = 12'288;
constexpr std::uint64_t small_bytes_span = 49'152;

std::uint32_t up_to(prng& random, std::uint32_t most) { return 1 + static_cast<std::uint32_t>(random.below(most)); }

}  // namespace

knobs::knobs(prng& random) {
  const bool quiet = random.chance(quiet_run);
  for (const auto fault : striking_faults) {
    if (random.chance(fault_in_a_run) && !quiet) faults.emplace(fault);
  }
  for (const auto fault : lasting_faults) {
    if (random.chance(fault_in_a_run) && !quiet) faults.emplace(fault);
  }
  region = random.chance(0.4);
  edges = 1 + random.below(2);
  batch_records = random.chance(0.2) ? 1 : up_to(random, 200);
  in_flight = up_to(random, 8);
  linger_ms = random.between(0, 100);
  pace = 0.5 + random.unit();
  segment_bytes = 1024 + random.below(15'360);
  if (has("small-bounds")) {
    bulk_bytes_max = small_bytes_min + random.below(small_bytes_span);
    alarm_bytes_max = small_bytes_min + random.below(small_bytes_span);
  }
  if (has("age-bound")) age_max_s = random.between(2, 8);
  // What the operating system alone was given, a power cut may take: promised to survive a kill only.
  const bool power = has("power-cut") || has("torn-write") || has("write-error");
  if (!power && random.chance(0.3)) durability = journal::durability::os;
}

std::string knobs::text() const {
  std::string out = std::format("{}{} edges, segments of {} bytes, batches of {}, {} in flight, linger {} ms{}",
                                region ? "region, " : "", edges, segment_bytes, batch_records, in_flight, linger_ms,
                                durability == journal::durability::os ? ", durability os" : "");
  for (const auto& fault : faults) out += std::format(", {}", fault);
  return out;
}

}  // namespace perigee::sim

#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "journal/options.hpp"
#include "readers/uplink/sender.hpp"

namespace perigee::sim {

/// What a run is made of, drawn from its seed: the shape of the site, its bounds, and which faults it has.
struct knobs {
  explicit knobs(prng& random);

  /// Whether this run has the fault.
  [[nodiscard]] bool has(std::string_view fault) const { return faults.contains(fault); }
  /// For the report of a failure.
  [[nodiscard]] std::string text() const;

  std::set<std::string, std::less<>> faults;
  bool region = false;  // a level more between fog and cloud
  std::size_t edges = 1;
  std::uint32_t batch_records = 1;
  std::uint32_t in_flight = 1;
  std::int64_t linger_ms = 0;
  double pace = 1;  // of the devices
  std::uint64_t segment_bytes = 4096;
  std::uint64_t bulk_bytes_max = 1U << 30;
  std::uint64_t alarm_bytes_max = 1U << 30;
  std::int64_t age_max_s = 7 * 24 * 3600;
  journal::durability durability = journal::durability::fsync;
};

/// Faults that strike again and again, and those that hold for a whole run.
inline constexpr std::string_view striking_faults[] = {
    "kill",       "power-cut",       "torn-write",          "pause",        "slow-disk",
    "clock-jump", "write-error",     "read-error",          "disk-full",    "bit-flip",
    "cut",        "partition",       "half-open",           "slow-reader",  "forsaken-connection",
    "device-cut", "device-forsakes", "device-reads-slowly", "newer-version"};
inline constexpr std::string_view lasting_faults[] = {"small-bounds", "age-bound", "poison"};

}  // namespace perigee::sim

#pragma once
// The demo's verdict: the sensors' ledgers against the cloud's history, reading by reading.

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "cli/demo_site.hpp"
#include "io/file.hpp"
#include "readers/history/store.hpp"

namespace perigee::cli {

struct demo_count {
  std::uint64_t produced = 0;       // readings that were acknowledged at the sensors
  std::uint64_t stored = 0;         // readings of the demo's devices in the cloud's history
  std::uint64_t lost = 0;           // acknowledged and not there
  std::uint64_t duplicated = 0;     // there more often than they were acknowledged
  std::uint64_t unclaimed = 0;      // there, and the sensor died before it could note that they were acknowledged
  std::uint64_t gaps = 0;           // records that gap records stand for
  std::uint64_t messages = 0;       // acknowledged
  std::uint64_t json_bytes = 0;     // the stored readings as one JSON object each
  std::vector<double> decision_ms;  // sorted
};

/// Every acknowledged time of a device must be there once per metric. The cloud's node has stopped.
[[nodiscard]] result<demo_count> count_site(io::disk& on, const std::string& ledger_folder,
                                            const std::vector<demo_device>& devices, readers::history::store& history);

/// The value below which a share of sorted values lies; 0 of none.
[[nodiscard]] double quantile(const std::vector<double>& sorted, double share);

}  // namespace perigee::cli

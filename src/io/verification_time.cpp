#include "io/verification_time.hpp"

#include <algorithm>
#include <atomic>

namespace perigee::io {
namespace {

/// From the monotonic clock to what is known, which so goes on while the machine's clock stands wrong.
std::atomic<std::int64_t> ahead_ns{INT64_MIN};

std::int64_t monotonic_ns() noexcept { return clock::now().time_since_epoch().count(); }

}  // namespace

timestamp verification_time() noexcept {
  const auto ahead = ahead_ns.load(std::memory_order_relaxed);
  const auto wall = clock::wall();
  return ahead == INT64_MIN ? wall : std::max(wall, timestamp{monotonic_ns() + ahead});
}

void know_has_passed(timestamp t) noexcept {
  const auto ahead = t.ns - monotonic_ns();
  auto now = ahead_ns.load(std::memory_order_relaxed);
  while (now < ahead && !ahead_ns.compare_exchange_weak(now, ahead, std::memory_order_relaxed)) {
  }
}

}  // namespace perigee::io

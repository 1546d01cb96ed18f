#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/time.hpp"

namespace perigee::cli {

/// Durations counted in classes that are 1/32 of their value wide, from 1 ns to 18 minutes, so that a percentile is
/// right to 3 % and recording costs an increment. What is longer counts as the longest. Owned by whoever measures.
class latency_histogram {
 public:
  void record(nanoseconds took);
  void clear() { *this = {}; }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] nanoseconds longest() const { return longest_; }
  /// The duration that `share` (0 to 1) of those recorded do not exceed, at the upper end of its class; 0 where none
  /// is.
  [[nodiscard]] nanoseconds percentile(double share) const;

 private:
  static constexpr unsigned step_bits = 5;  // classes per power of two: 32
  static constexpr std::size_t classes = 36U << step_bits;

  static std::size_t class_of(std::uint64_t ns);
  static std::uint64_t upper_end(std::size_t index);

  std::array<std::uint64_t, classes> counts_{};
  std::uint64_t count_ = 0;
  nanoseconds longest_{};
};

}  // namespace perigee::cli

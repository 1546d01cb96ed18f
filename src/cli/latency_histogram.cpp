#include "cli/latency_histogram.hpp"

#include <algorithm>
#include <cmath>

namespace perigee::cli {

/// Below 64 ns a class each; above, the position of the highest bit and the five bits behind it.
std::size_t latency_histogram::class_of(std::uint64_t ns) {
  const auto width = static_cast<unsigned>(std::bit_width(ns));
  const unsigned shift = width > step_bits + 1 ? width - step_bits - 1 : 0;
  const auto index = (static_cast<std::size_t>(shift) << step_bits) + static_cast<std::size_t>(ns >> shift);
  return std::min(index, classes - 1);
}

std::uint64_t latency_histogram::upper_end(std::size_t index) {
  constexpr std::size_t steps = 1U << step_bits;
  const auto shift = index < 2 * steps ? 0 : index / steps - 1;
  return ((static_cast<std::uint64_t>(index - shift * steps) + 1) << shift) - 1;
}

void latency_histogram::record(nanoseconds took) {
  const auto ns = std::max<std::int64_t>(0, took.count());
  ++counts_[class_of(static_cast<std::uint64_t>(ns))];
  ++count_;
  longest_ = std::max(longest_, nanoseconds(ns));
}

nanoseconds latency_histogram::percentile(double share) const {
  const auto wanted =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < classes && count_ != 0; ++i) {
    seen += counts_[i];
    if (seen < wanted) continue;
    return i + 1 == classes ? longest_ : std::min(longest_, nanoseconds(static_cast<std::int64_t>(upper_end(i))));
  }
  return {};
}

}  // namespace perigee::cli

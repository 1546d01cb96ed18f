#pragma once
// Sums, means and quantiles as Prometheus computes them.

#include <cstdint>
#include <span>
#include <vector>

#include "promql/source.hpp"

namespace perigee::promql::detail {

/// A sum whose rounding errors are summed too (Kahan's, as improved by Neumaier).
class exact_sum {
 public:
  void add(double x);
  [[nodiscard]] double value() const;

 private:
  double sum_ = 0;
  double lost_ = 0;
};

/// Count, mean and variance in one pass (Welford).
class spread {
 public:
  void add(double x);
  [[nodiscard]] double variance() const { return squares_ / static_cast<double>(count_); }

 private:
  std::uint64_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;  // of the distances from the mean
};

/// The mean, also of values whose sum is too large for a double.
[[nodiscard]] double mean_of(std::span<const double> values);

/// Between the two values that the rank falls between. -Inf for q < 0, +Inf for q > 1, NaN for none.
[[nodiscard]] double quantile_of(double q, std::vector<double> values);

/// The straight line that fits the samples best (least squares): `at` the instant and its change per second.
struct line {
  double slope = 0;
  double at = 0;
};
[[nodiscard]] line fit_line(std::span<const sample> samples, std::int64_t instant_ms);

}  // namespace perigee::promql::detail

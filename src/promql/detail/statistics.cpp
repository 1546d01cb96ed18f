#include "promql/detail/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace perigee::promql::detail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void exact_sum::add(double x) {
  const double next = sum_ + x;
  if (std::isinf(next)) {
    lost_ = 0;
  } else if (std::abs(sum_) >= std::abs(x)) {
    lost_ += (sum_ - next) + x;
  } else {
    lost_ += (x - next) + sum_;
  }
  sum_ = next;
}

double exact_sum::value() const { return std::isinf(sum_) ? sum_ : sum_ + lost_; }

void spread::add(double x) {
  ++count_;
  const double distance = x - mean_;
  mean_ += distance / static_cast<double>(count_);
  squares_ += distance * (x - mean_);
}

double mean_of(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  exact_sum sum;
  for (const auto x : values) sum.add(x);
  const bool finite = std::ranges::all_of(values, [](double x) { return std::isfinite(x); });
  if (!finite || std::isfinite(sum.value())) return sum.value() / count;
  exact_sum parts;
  for (const auto x : values) parts.add(x / count);
  return parts.value();
}

double quantile_of(double q, std::vector<double> values) {
  if (values.empty() || std::isnan(q)) return not_a_number;
  if (q < 0) return -infinity;
  if (q > 1) return infinity;
  // NaN is less than any number.
  std::ranges::sort(values, [](double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; });
  const auto rank = q * static_cast<double>(values.size() - 1);
  const auto lower = static_cast<std::size_t>(std::floor(rank));
  const auto upper = std::min(lower + 1, values.size() - 1);
  const auto weight = rank - std::floor(rank);
  return values[lower] * (1 - weight) + values[upper] * weight;
}

line fit_line(std::span<const sample> samples, std::int64_t instant_ms) {
  const auto first = samples.front().value;
  if (std::ranges::all_of(samples, [first](const sample& s) { return s.value == first; })) {
    if (std::isinf(first)) return {not_a_number, not_a_number};
    return {0, first};
  }
  exact_sum sum_x;
  exact_sum sum_y;
  exact_sum sum_xy;
  exact_sum sum_xx;
  for (const auto& s : samples) {
    const auto x = static_cast<double>(s.time_ms - instant_ms) / 1000;
    sum_x.add(x);
    sum_y.add(s.value);
    sum_xy.add(x * s.value);
    sum_xx.add(x * x);
  }
  const auto n = static_cast<double>(samples.size());
  const auto covariance = sum_xy.value() - sum_x.value() * sum_y.value() / n;
  const auto variance = sum_xx.value() - sum_x.value() * sum_x.value() / n;
  const auto slope = covariance / variance;
  return {slope, sum_y.value() / n - slope * sum_x.value() / n};
}

}  // namespace perigee::promql::detail

#include "promql/detail/window_functions.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <ranges>

#include "promql/detail/statistics.hpp"

namespace perigee::promql::detail::windows {
namespace {

double seconds_between(std::int64_t from_ms, std::int64_t to_ms) { return static_cast<double>(to_ms - from_ms) / 1000; }

/// How much a counter went up: each time that it falls it began at zero again.
double counter_increase(std::span<const sample> samples) {
  double out = samples.back().value - samples.front().value;
  for (const auto& [before, now] : std::views::pairwise(samples)) {
    if (now.value < before.value) out += before.value;
  }
  return out;
}

/// The change in the samples, stretched to the whole range where the samples come close enough to its ends; where they
/// do not, the series is taken to have begun or ended half an interval beyond.
std::optional<double> stretched_change(const window& w, bool counter) {
  if (w.samples.size() < 2) return std::nullopt;
  const auto& first = w.samples.front();
  const auto& last = w.samples.back();
  const double change = counter ? counter_increase(w.samples) : last.value - first.value;
  const double sampled = seconds_between(first.time_ms, last.time_ms);
  const double interval = sampled / static_cast<double>(w.samples.size() - 1);
  const double near = interval * 1.1;
  double before = seconds_between(w.after_ms, first.time_ms);
  double behind = seconds_between(last.time_ms, w.until_ms);
  if (before >= near) before = interval / 2;
  if (behind >= near) behind = interval / 2;
  // A counter was not below zero.
  if (counter && change > 0 && first.value >= 0) before = std::min(before, sampled * (first.value / change));
  return change * ((sampled + before + behind) / sampled);
}

/// The extreme by `better`; NaN only where there is nothing else.
template <class Better>
double extreme(const window& w, Better better) {
  double out = w.samples.front().value;
  for (const auto& s : w.samples) {
    if (better(s.value, out) || std::isnan(out)) out = s.value;
  }
  return out;
}

template <class Counts>
double count_pairs(const window& w, Counts counts) {
  double out = 0;
  for (const auto& [before, now] : std::views::pairwise(w.samples)) {
    if (counts(before.value, now.value)) ++out;
  }
  return out;
}

std::vector<double> values_of(const window& w) {
  std::vector<double> out;
  out.reserve(w.samples.size());
  for (const auto& s : w.samples) out.push_back(s.value);
  return out;
}

}  // namespace

std::optional<double> rate(const window& w) {
  const auto change = stretched_change(w, true);
  if (!change) return change;
  return *change / w.seconds();
}
std::optional<double> increase(const window& w) { return stretched_change(w, true); }
std::optional<double> delta(const window& w) { return stretched_change(w, false); }

std::optional<double> irate(const window& w) {
  if (w.samples.size() < 2) return std::nullopt;
  const auto& before = w.samples[w.samples.size() - 2];
  const auto& last = w.samples.back();
  const double change = last.value < before.value ? last.value : last.value - before.value;
  return change / seconds_between(before.time_ms, last.time_ms);
}

std::optional<double> idelta(const window& w) {
  if (w.samples.size() < 2) return std::nullopt;
  return w.samples.back().value - w.samples[w.samples.size() - 2].value;
}

std::optional<double> deriv(const window& w) {
  if (w.samples.size() < 2) return std::nullopt;
  return fit_line(w.samples, w.samples.front().time_ms).slope;
}

std::optional<double> predict_linear(const window& w) {
  if (w.samples.size() < 2) return std::nullopt;
  const auto fitted = fit_line(w.samples, w.instant_ms);
  return fitted.slope * w.parameter + fitted.at;
}

std::optional<double> changes(const window& w) {
  return count_pairs(w, [](double a, double b) { return a != b && !(std::isnan(a) && std::isnan(b)); });
}
std::optional<double> resets(const window& w) {
  return count_pairs(w, [](double a, double b) { return b < a; });
}

std::optional<double> avg(const window& w) { return mean_of(values_of(w)); }
std::optional<double> min(const window& w) { return extreme(w, std::less<>()); }
std::optional<double> max(const window& w) { return extreme(w, std::greater<>()); }
std::optional<double> sum(const window& w) {
  exact_sum out;
  for (const auto& s : w.samples) out.add(s.value);
  return out.value();
}
std::optional<double> count(const window& w) { return static_cast<double>(w.samples.size()); }
std::optional<double> last(const window& w) { return w.samples.back().value; }
std::optional<double> present(const window&) { return 1; }

std::optional<double> stdvar(const window& w) {
  spread out;
  for (const auto& s : w.samples) out.add(s.value);
  return out.variance();
}
std::optional<double> stddev(const window& w) { return std::sqrt(*stdvar(w)); }
std::optional<double> quantile(const window& w) { return quantile_of(w.parameter, values_of(w)); }

}  // namespace perigee::promql::detail::windows

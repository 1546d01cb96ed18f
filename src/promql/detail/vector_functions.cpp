#include "promql/detail/vector_functions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>

namespace perigee::promql::detail::vectors {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The first argument with each value changed, and no name: it is no longer what the name says.
template <class Change>
outcome<instant_vector> changed(evaluator& in, const call_node& node, std::int64_t instant_ms, Change change) {
  PG_TRY(auto out, in.vector_at(*node.arguments[0], instant_ms));
  for (auto& each : out) each = {in.without_name(each.labels), change(each.value)};
  return in.unique(std::move(out));
}

double at_least(double x, double least) {
  return std::isnan(x) || std::isnan(least) ? not_a_number : std::max(x, least);
}
double at_most(double x, double most) { return std::isnan(x) || std::isnan(most) ? not_a_number : std::min(x, most); }

/// NaN stands last whichever way it is sorted.
template <class Before>
outcome<instant_vector> sorted(evaluator& in, const call_node& node, std::int64_t instant_ms, Before before) {
  PG_TRY(auto out, in.vector_at(*node.arguments[0], instant_ms));
  std::ranges::stable_sort(out, [before](const element& a, const element& b) {
    if (std::isnan(a.value) || std::isnan(b.value)) return !std::isnan(a.value) && std::isnan(b.value);
    return before(a.value, b.value);
  });
  return out;
}

/// What is absent, as far as the selector says: the labels that it wants to equal one value.
labels wanted_labels(const expression& of) {
  labels out;
  const auto* const selector = std::get_if<selector_node>(&of.node);
  if (selector == nullptr) return out;
  std::set<std::string_view> seen;
  for (const auto& each : selector->matchers) {
    if (each.name() == metric_name_label) continue;
    const bool first = seen.insert(each.name()).second;
    out.set(each.name(), first && each.kind() == match_kind::equal ? each.value() : std::string());
  }
  return out;
}

instant_vector one_unless(bool there, evaluator& in, const call_node& node) {
  if (there) return {};
  return {{in.pool().intern(wanted_labels(*node.arguments[0])), 1}};
}

}  // namespace

outcome<instant_vector> absent(evaluator& in, const call_node& node, std::int64_t instant_ms) {
  PG_TRY(const auto values, in.vector_at(*node.arguments[0], instant_ms));
  return one_unless(!values.empty(), in, node);
}

outcome<instant_vector> absent_over_time(evaluator& in, const call_node& node, std::int64_t instant_ms) {
  return one_unless(in.any_sample_at(*node.arguments[0], instant_ms), in, node);
}

outcome<instant_vector> clamp(evaluator& in, const call_node& node, std::int64_t instant_ms) {
  PG_TRY(const auto least, in.scalar_at(*node.arguments[1], instant_ms));
  PG_TRY(const auto most, in.scalar_at(*node.arguments[2], instant_ms));
  if (most < least) return instant_vector();
  return changed(in, node, instant_ms, [=](double x) { return at_least(at_most(x, most), least); });
}

outcome<instant_vector> clamp_min(evaluator& in, const call_node& node, std::int64_t instant_ms) {
  PG_TRY(const auto least, in.scalar_at(*node.arguments[1], instant_ms));
  return changed(in, node, instant_ms, [least](double x) { return at_least(x, least); });
}

outcome<instant_vector> clamp_max(evaluator& in, const call_node& node, std::int64_t instant_ms) {
  PG_TRY(const auto most, in.scalar_at(*node.arguments[1], instant_ms));
  return changed(in, node, instant_ms, [most](double x) { return at_most(x, most); });
}

outcome<instant_vector> round(evaluator& in, const call_node& node, std::int64_t instant_ms) {
  double to = 1;
  if (node.arguments.size() > 1) {
    PG_TRY(to, in.scalar_at(*node.arguments[1], instant_ms));
  }
  const double inverse = 1 / to;  // divided once: 0.1 is not exact, 10 is
  return changed(in, node, instant_ms, [inverse](double x) { return std::floor(x * inverse + 0.5) / inverse; });
}

outcome<instant_vector> sort(evaluator& in, const call_node& node, std::int64_t instant_ms) {
  return sorted(in, node, instant_ms, std::less<>());
}
outcome<instant_vector> sort_desc(evaluator& in, const call_node& node, std::int64_t instant_ms) {
  return sorted(in, node, instant_ms, std::greater<>());
}

/// Of a selector the samples' own times; of anything computed, the instant.
outcome<instant_vector> timestamp(evaluator& in, const call_node& node, std::int64_t instant_ms) {
  const auto& of = *node.arguments[0];
  if (!std::holds_alternative<selector_node>(of.node)) {
    return changed(in, node, instant_ms, [instant_ms](double) { return static_cast<double>(instant_ms) / 1000; });
  }
  auto out = in.sample_times_at(of, instant_ms);
  for (auto& each : out) each.labels = in.without_name(each.labels);
  return in.unique(std::move(out));
}

outcome<instant_vector> vector(evaluator& in, const call_node& node, std::int64_t instant_ms) {
  PG_TRY(const auto x, in.scalar_at(*node.arguments[0], instant_ms));
  return instant_vector{{in.pool().intern({}), x}};
}

outcome<double> scalar(evaluator& in, const call_node& node, std::int64_t instant_ms) {
  PG_TRY(const auto values, in.vector_at(*node.arguments[0], instant_ms));
  return values.size() == 1 ? values.front().value : not_a_number;
}

outcome<double> time(evaluator&, const call_node&, std::int64_t instant_ms) {
  return static_cast<double>(instant_ms) / 1000;
}
outcome<double> pi(evaluator&, const call_node&, std::int64_t) { return std::numbers::pi; }

}  // namespace perigee::promql::detail::vectors

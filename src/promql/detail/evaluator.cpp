#include "promql/detail/evaluator.hpp"

#include <algorithm>
#include <format>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "promql/detail/aggregation.hpp"
#include "promql/detail/binary.hpp"
#include "promql/detail/function_table.hpp"

namespace perigee::promql::detail {
namespace {

constexpr std::int64_t lookback_ms = 5 * 60'000;  // how long a sample stands for its series
constexpr std::uint64_t evaluations_between_looks = 16;

/// after_ms < time <= until_ms.
std::span<const sample> between(std::span<const sample> all, std::int64_t after_ms, std::int64_t until_ms) {
  const auto first = std::ranges::upper_bound(all, after_ms, {}, &sample::time_ms);
  const auto end = std::ranges::upper_bound(first, all.end(), until_ms, {}, &sample::time_ms);
  return {first, end};
}

/// The first multiple of the step behind `after_ms`.
std::int64_t first_multiple(std::int64_t after_ms, std::int64_t step_ms) {
  const auto rest = ((after_ms % step_ms) + step_ms) % step_ms;
  return after_ms - rest + step_ms;
}

std::unexpected<fault> timed_out() {
  return std::unexpected(fault{fault::kind::timeout, "query timed out in expression evaluation"});
}

struct children_of {
  using list = std::vector<const expression*>;
  list operator()(const number_node&) const { return {}; }
  list operator()(const text_node&) const { return {}; }
  list operator()(const selector_node&) const { return {}; }
  list operator()(const subquery_node&) const { return {}; }  // its inner is evaluated at instants of its own
  list operator()(const negate_node& n) const { return {n.of.get()}; }
  list operator()(const binary_node& n) const { return {n.left.get(), n.right.get()}; }
  list operator()(const aggregate_node& n) const {
    return n.parameter ? list{n.parameter.get(), n.of.get()} : list{n.of.get()};
  }
  list operator()(const call_node& n) const {
    list out;
    for (const auto& each : n.arguments) out.push_back(each.get());
    return out;
  }
};

}  // namespace

outcome<> evaluator::load(const expression& root, const evaluation_range& when) {
  if (const auto* const selector = std::get_if<selector_node>(&root.node)) {
    return load_selector(root, *selector, when);
  }
  if (const auto* const subquery = std::get_if<subquery_node>(&root.node)) {
    return load_subquery(root, *subquery, when);
  }
  for (const auto* each : std::visit(children_of(), root.node)) PG_TRY_VOID(load(*each, when));
  return {};
}

outcome<> evaluator::load_selector(const expression& at, const selector_node& node, const evaluation_range& when) {
  const bool instant = node.range_ms == 0;
  const sample_windows windows{.first_ms = reference(node.shift, when.start_ms),
                               .last_ms = reference(node.shift, when.end_ms),
                               .step_ms = when.step_ms,
                               .length_ms = instant ? lookback_ms : node.range_ms,
                               .newest_alone = instant};
  PG_TRY(auto found, from_.select({.matchers = node.matchers,
                                   .after_ms = windows.first_ms - windows.length_ms,
                                   .until_ms = windows.last_ms,
                                   .samples_max = limits::promql_samples_max - samples_,
                                   .windows = windows}));
  auto& kept = selected_[&at];
  for (auto& each : found) {
    PG_TRY_VOID(count_samples(each.samples.size()));
    kept.push_back({pool_.intern(std::move(each.labels)), std::move(each.samples)});
  }
  return {};
}

outcome<> evaluator::load_subquery(const expression& at, const subquery_node& node, const evaluation_range& when) {
  const auto begin = first_multiple(reference(node.shift, when.start_ms) - node.range_ms, node.step_ms);
  const auto end = reference(node.shift, when.end_ms);
  selected_[&at] = {};
  if (begin > end) return {};
  PG_TRY_VOID(load(*node.inner, {begin, end, node.step_ms}));
  std::vector<selected_series> made;
  std::unordered_map<label_set, std::size_t> places;
  for (auto t = begin; t <= end; t += node.step_ms) {
    PG_TRY(const auto values, vector_at(*node.inner, t));
    PG_TRY_VOID(count_samples(values.size()));
    for (const auto& each : values) {
      const auto [place, fresh] = places.try_emplace(each.labels, made.size());
      if (fresh) made.push_back({each.labels, {}});
      made[place->second].samples.push_back({t, each.value});
    }
  }
  selected_[&at] = std::move(made);
  return {};
}

std::int64_t evaluator::reference(const time_shift& shift, std::int64_t instant_ms) const {
  switch (shift.from) {
    case time_shift::anchor::instant: break;
    case time_shift::anchor::fixed: return shift.fixed_ms - shift.offset_ms;
    case time_shift::anchor::start: return when_.start_ms - shift.offset_ms;
    case time_shift::anchor::end: return when_.end_ms - shift.offset_ms;
  }
  return instant_ms - shift.offset_ms;
}

evaluator::matrix_window evaluator::window_of(const expression& matrix, std::int64_t instant_ms) const {
  const auto of = [&](const auto& node) {
    const auto until = reference(node.shift, instant_ms);
    return matrix_window{until - node.range_ms, until};
  };
  if (const auto* const subquery = std::get_if<subquery_node>(&matrix.node)) return of(*subquery);
  return of(std::get<selector_node>(matrix.node));
}

outcome<instant_vector> evaluator::vector_at(const expression& of, std::int64_t instant_ms) {
  if (++evaluations_ % evaluations_between_looks == 0 && from_.out_of_time()) return timed_out();
  if (std::holds_alternative<selector_node>(of.node)) {
    return newest_at(of, instant_ms, [](const sample& s) { return s.value; });
  }
  if (const auto* const call = std::get_if<call_node>(&of.node)) return call_at(*call, instant_ms);
  if (const auto* const node = std::get_if<aggregate_node>(&of.node)) return aggregate_at(*this, *node, instant_ms);
  if (const auto* const node = std::get_if<binary_node>(&of.node)) return binary_vector_at(*this, *node, instant_ms);
  const auto* const negated = std::get_if<negate_node>(&of.node);
  PG_CHECK(negated != nullptr, "the parser lets nothing else be a vector");
  PG_TRY(auto out, vector_at(*negated->of, instant_ms));
  for (auto& each : out) each = {without_name(each.labels), -each.value};
  return unique(std::move(out));
}

outcome<double> evaluator::scalar_at(const expression& of, std::int64_t instant_ms) {
  if (const auto* const number = std::get_if<number_node>(&of.node)) return number->value;
  if (const auto* const node = std::get_if<binary_node>(&of.node)) return binary_scalar_at(*this, *node, instant_ms);
  if (const auto* const negated = std::get_if<negate_node>(&of.node)) {
    PG_TRY(const auto x, scalar_at(*negated->of, instant_ms));
    return -x;
  }
  const auto& call = std::get<call_node>(of.node);
  return std::get<scalar_function>(call.what->evaluate)(*this, call, instant_ms);
}

std::vector<series> evaluator::matrix_at(const expression& of, std::int64_t instant_ms) {
  const auto range = window_of(of, instant_ms);
  std::vector<series> out;
  for (const auto& each : selected_[&of]) {
    const auto samples = between(each.samples, range.after_ms, range.until_ms);
    if (!samples.empty()) out.push_back({pool_[each.labels], {samples.begin(), samples.end()}});
  }
  return out;
}

template <class Value>
instant_vector evaluator::newest_at(const expression& selector, std::int64_t instant_ms, Value value) {
  const auto until = reference(std::get<selector_node>(selector.node).shift, instant_ms);
  instant_vector out;
  for (const auto& each : selected_[&selector]) {
    const auto samples = between(each.samples, until - lookback_ms, until);
    if (!samples.empty()) out.push_back({each.labels, value(samples.back())});
  }
  return out;
}

instant_vector evaluator::sample_times_at(const expression& selector, std::int64_t instant_ms) {
  return newest_at(selector, instant_ms, [](const sample& s) { return static_cast<double>(s.time_ms) / 1000; });
}

bool evaluator::any_sample_at(const expression& matrix, std::int64_t instant_ms) {
  const auto range = window_of(matrix, instant_ms);
  return std::ranges::any_of(selected_[&matrix], [&range](const selected_series& each) {
    return !between(each.samples, range.after_ms, range.until_ms).empty();
  });
}

outcome<instant_vector> evaluator::call_at(const call_node& node, std::int64_t instant_ms) {
  if (std::holds_alternative<window_function>(node.what->evaluate)) return windows_at(node, instant_ms);
  if (std::holds_alternative<number_function>(node.what->evaluate)) return numbers_at(node, instant_ms);
  return std::get<vector_function>(node.what->evaluate)(*this, node, instant_ms);
}

outcome<instant_vector> evaluator::windows_at(const call_node& node, std::int64_t instant_ms) {
  const auto matrix = std::ranges::find(node.arguments, value_type::matrix, [](const auto& a) { return a->type; });
  double parameter = 0;
  for (const auto& each : node.arguments) {
    if (each->type != value_type::scalar) continue;
    PG_TRY(parameter, scalar_at(*each, instant_ms));
  }
  const auto range = window_of(**matrix, instant_ms);
  instant_vector out;
  for (const auto& each : selected_[matrix->get()]) {
    const auto samples = between(each.samples, range.after_ms, range.until_ms);
    if (samples.empty()) continue;
    const window w{samples, range.after_ms, range.until_ms, instant_ms, parameter};
    const auto value = std::get<window_function>(node.what->evaluate)(w);
    if (value) out.push_back({node.what->keeps_name ? each.labels : without_name(each.labels), *value});
  }
  return unique(std::move(out));
}

/// Without an argument (of the calendar's functions) the instant is asked for.
outcome<instant_vector> evaluator::numbers_at(const call_node& node, std::int64_t instant_ms) {
  instant_vector out;
  if (node.arguments.empty()) {
    out.push_back({pool_.intern({}), static_cast<double>(instant_ms) / 1000});
  } else {
    PG_TRY(out, vector_at(*node.arguments.front(), instant_ms));
  }
  const auto f = std::get<number_function>(node.what->evaluate);
  for (auto& each : out) each = {without_name(each.labels), f(each.value)};
  return unique(std::move(out));
}

label_set evaluator::without_name(label_set of) {
  return without_name_.of(pool_, of, [](labels without) {
    without.remove(metric_name_label);
    return without;
  });
}

outcome<instant_vector> evaluator::unique(instant_vector of) {
  ++uniques_;
  seen_in_.resize(pool_.size());
  for (const auto& each : of) {
    auto& seen = seen_in_[each.labels.value()];
    if (seen == uniques_) {
      return cannot_execute(
          std::format("vector cannot contain metrics with the same labelset: {}", pool_[each.labels].text()));
    }
    seen = uniques_;
  }
  return of;
}

outcome<> evaluator::count_samples(std::size_t more) {
  samples_ += more;
  if (samples_ <= limits::promql_samples_max) return {};
  return cannot_execute(
      std::format("the query needs over {} samples: ask for a shorter range, fewer series or a wider step",
                  limits::promql_samples_max));
}

}  // namespace perigee::promql::detail

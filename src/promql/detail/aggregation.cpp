#include "promql/detail/aggregation.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <limits>
#include <map>

#include "promql/detail/label_name.hpp"
#include "promql/detail/statistics.hpp"

namespace perigee::promql::detail {
namespace {

struct group {
  label_set labels;
  instant_vector members;
};

labels group_labels(const labels& of, const aggregate_node& node) {
  labels out;
  for (const auto& each : of) {
    const bool named = std::ranges::contains(node.labels, each.name);
    const bool kept = node.without ? !named && each.name != metric_name_label : named;
    if (kept) out.set(each.name, each.value);
  }
  return out;
}

/// In the order in which each group's first member came.
std::vector<group> grouped(evaluator& in, const aggregate_node& node, const instant_vector& values) {
  std::vector<group> out;
  std::unordered_map<label_set, std::size_t> places;
  auto& memo = in.memo(&node);
  for (const auto& each : values) {
    const auto key = memo.of(in.pool(), each.labels, [&node](const labels& l) { return group_labels(l, node); });
    const auto [place, fresh] = places.try_emplace(key, out.size());
    if (fresh) out.push_back({key, {}});
    out[place->second].members.push_back(each);
  }
  return out;
}

std::vector<double> values_of(const instant_vector& members) {
  std::vector<double> out;
  out.reserve(members.size());
  for (const auto& each : members) out.push_back(each.value);
  return out;
}

/// NaN only where there is nothing else.
template <class Better>
double extreme(const instant_vector& members, Better better) {
  double out = members.front().value;
  for (const auto& each : members) {
    if (better(each.value, out) || std::isnan(out)) out = each.value;
  }
  return out;
}

double sum_of(const instant_vector& members) {
  exact_sum out;
  for (const auto& each : members) out.add(each.value);
  return out.value();
}

double variance_of(const instant_vector& members) {
  spread out;
  for (const auto& each : members) out.add(each.value);
  return out.variance();
}

double reduced(aggregation kind, const instant_vector& members, double parameter) {
  switch (kind) {
    case aggregation::sum: return sum_of(members);
    case aggregation::avg: return mean_of(values_of(members));
    case aggregation::min: return extreme(members, std::less<>());
    case aggregation::max: return extreme(members, std::greater<>());
    case aggregation::count: return static_cast<double>(members.size());
    case aggregation::group: return 1;
    case aggregation::stddev: return std::sqrt(variance_of(members));
    case aggregation::stdvar: return variance_of(members);
    case aggregation::quantile: return quantile_of(parameter, values_of(members));
    case aggregation::topk:
    case aggregation::bottomk:
    case aggregation::count_values: break;
  }
  return std::numeric_limits<double>::quiet_NaN();  // those three are not reduced to one number
}

/// The k best of each group, the best first; NaN is worse than any number.
outcome<instant_vector> best_of(std::vector<group> groups, double k, bool largest) {
  if (std::isnan(k)) return cannot_execute("the parameter of topk and bottomk is a number");
  const auto before = [largest](const element& a, const element& b) {
    if (std::isnan(a.value) || std::isnan(b.value)) return !std::isnan(a.value) && std::isnan(b.value);
    return largest ? a.value > b.value : a.value < b.value;
  };
  instant_vector out;
  for (auto& each : groups) {
    std::ranges::stable_sort(each.members, before);
    const auto kept = std::min(std::max(k, 0.0), static_cast<double>(each.members.size()));
    out.insert(out.end(), each.members.begin(), each.members.begin() + static_cast<std::ptrdiff_t>(kept));
  }
  return out;
}

/// How many members of each group have the same value; the value becomes a label.
outcome<instant_vector> counted(evaluator& in, const std::vector<group>& groups, const std::string& name) {
  if (!is_label_name(name)) return cannot_execute(std::format("invalid label name \"{}\"", name));
  instant_vector out;
  for (const auto& each : groups) {
    std::map<std::string, std::uint64_t> counts;
    for (const auto& member : each.members) ++counts[to_text(member.value)];
    for (const auto& [value, count] : counts) {
      auto with_value = in.pool()[each.labels];
      with_value.set(name, value);
      out.push_back({in.pool().intern(std::move(with_value)), static_cast<double>(count)});
    }
  }
  return in.unique(std::move(out));
}

}  // namespace

outcome<instant_vector> aggregate_at(evaluator& in, const aggregate_node& node, std::int64_t instant_ms) {
  PG_TRY(const auto values, in.vector_at(*node.of, instant_ms));
  auto groups = grouped(in, node, values);
  if (node.kind == aggregation::count_values) return counted(in, groups, evaluator::text_of(*node.parameter));
  double parameter = 0;
  if (node.parameter) {
    PG_TRY(parameter, in.scalar_at(*node.parameter, instant_ms));
  }
  if (node.kind == aggregation::topk || node.kind == aggregation::bottomk) {
    return best_of(std::move(groups), parameter, node.kind == aggregation::topk);
  }
  instant_vector out;
  for (const auto& each : groups) out.push_back({each.labels, reduced(node.kind, each.members, parameter)});
  return out;
}

}  // namespace perigee::promql::detail

#include "promql/detail/binary.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <limits>
#include <optional>
#include <unordered_set>

namespace perigee::promql::detail {
namespace {

/// What an operator makes of two numbers; of a comparison 1 or 0.
double apply(operation what, double a, double b) {
  switch (what) {
    case operation::add: return a + b;
    case operation::subtract: return a - b;
    case operation::multiply: return a * b;
    case operation::divide: return a / b;
    case operation::modulo: return std::fmod(a, b);
    case operation::power: return std::pow(a, b);
    case operation::atan2: return std::atan2(a, b);
    case operation::equal: return a == b;
    case operation::not_equal: return a != b;
    case operation::less: return a < b;
    case operation::greater: return a > b;
    case operation::less_or_equal: return a <= b;
    case operation::greater_or_equal: return a >= b;
    case operation::logical_and:
    case operation::logical_or:
    case operation::logical_unless: break;
  }
  return std::numeric_limits<double>::quiet_NaN();  // those are about labels, not numbers
}

/// The value that stays of an element; nullopt where a comparison filters it out. `kept` is what a filter lets through.
std::optional<double> combined(const binary_node& node, double left, double right, double kept) {
  const auto value = apply(node.what, left, right);
  if (!is_comparison(node.what) || node.returns_bool) return value;
  if (value == 0) return std::nullopt;
  return kept;
}

bool drops_name(const binary_node& node) { return !is_comparison(node.what) || node.returns_bool; }

/// The labels by which elements of two vectors find each other.
class signatures {
 public:
  signatures(evaluator& in, const vector_matching& how, const void* place)
      : pool_(in.pool()), how_(how), memo_(in.memo(place)) {}

  label_set operator()(label_set of) {
    return memo_.of(pool_, of, [this](const labels& from) {
      labels out;
      for (const auto& each : from) {
        const bool named = std::ranges::contains(how_.labels, each.name);
        const bool counts = how_.on ? named : !named && each.name != metric_name_label;
        if (counts) out.set(each.name, each.value);
      }
      return out;
    });
  }

 private:
  label_pool& pool_;
  const vector_matching& how_;
  label_memo& memo_;
};

instant_vector set_operation(evaluator& in, const binary_node& node, instant_vector left, const instant_vector& right) {
  signatures signature(in, node.matching, &node.matching);
  std::unordered_set<label_set> there;
  const bool adds = node.what == operation::logical_or;
  for (const auto& each : adds ? left : right) there.insert(signature(each.labels));
  if (adds) {
    for (const auto& each : right) {
      if (!there.contains(signature(each.labels))) left.push_back(each);
    }
    return left;
  }
  const bool wanted = node.what == operation::logical_and;
  std::erase_if(left, [&](const element& each) { return there.contains(signature(each.labels)) != wanted; });
  return left;
}

/// Operators of two vectors other than and, or, unless. The side of many is gone through, and each of its elements
/// meets the one of the other side that has its signature.
class vector_match {
 public:
  vector_match(evaluator& in, const binary_node& node)
      : in_(in), node_(node), how_(node.matching), signature_(in, how_, &how_) {}

  outcome<instant_vector> run(const instant_vector& left, const instant_vector& right) {
    const bool swapped = how_.side == vector_matching::many::right;
    const auto& many = swapped ? right : left;
    PG_TRY_VOID(index(swapped ? left : right, swapped ? "left" : "right"));
    instant_vector out;
    std::unordered_set<label_set> met;
    for (const auto& each : many) {
      const auto key = signature_(each.labels);
      const auto one = ones_.find(key);
      if (one == ones_.end()) continue;
      const auto other = one->second->value;
      const auto [a, b] = swapped ? std::pair(other, each.value) : std::pair(each.value, other);
      const auto value = combined(node_, a, b, a);
      if (!value) continue;
      if (how_.side == vector_matching::many::neither && !met.insert(key).second) {
        return cannot_execute(
            "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
      }
      out.push_back({result_labels(each.labels, one->second->labels), *value});
    }
    auto checked = in_.unique(std::move(out));
    if (!checked && how_.side != vector_matching::many::neither) {
      return cannot_execute("multiple matches for labels: grouping labels must ensure unique matches");
    }
    return checked;
  }

 private:
  outcome<> index(const instant_vector& of, std::string_view side) {
    for (const auto& each : of) {
      const auto key = signature_(each.labels);
      const auto [first, fresh] = ones_.try_emplace(key, &each);
      if (fresh) continue;
      const auto& pool = in_.pool();
      return cannot_execute(std::format(
          "found duplicate series for the match group {} on the {} hand-side of the operation: [{}, {}];many-to-many "
          "matching not allowed: matching labels must be unique on one side",
          pool[key].text(), side, pool[each.labels].text(), pool[first->second->labels].text()));
    }
    return {};
  }

  label_set result_labels(label_set many, label_set one) {
    if (how_.included.empty()) {
      return in_.memo(&node_).of(in_.pool(), many, [this](const labels& from) { return kept_labels(from); });
    }
    auto out = kept_labels(in_.pool()[many]);
    for (const auto& name : how_.included) out.set(name, in_.pool()[one].get(name));
    return in_.pool().intern(std::move(out));
  }

  [[nodiscard]] labels kept_labels(const labels& from) const {
    const bool one_to_one = how_.side == vector_matching::many::neither;
    labels out;
    for (const auto& each : from) {
      const bool named = std::ranges::contains(how_.labels, each.name);
      if (drops_name(node_) && each.name == metric_name_label) continue;
      if (!one_to_one || named == how_.on) out.set(each.name, each.value);
    }
    return out;
  }

  evaluator& in_;
  const binary_node& node_;
  const vector_matching& how_;
  signatures signature_;
  std::unordered_map<label_set, const element*> ones_;
};

outcome<instant_vector> with_number(evaluator& in, const binary_node& node, std::int64_t instant_ms) {
  const bool number_left = node.left->type == value_type::scalar;
  PG_TRY(const auto number, in.scalar_at(number_left ? *node.left : *node.right, instant_ms));
  PG_TRY(const auto values, in.vector_at(number_left ? *node.right : *node.left, instant_ms));
  instant_vector out;
  for (const auto& each : values) {
    const auto value =
        number_left ? combined(node, number, each.value, each.value) : combined(node, each.value, number, each.value);
    if (value) out.push_back({drops_name(node) ? in.without_name(each.labels) : each.labels, *value});
  }
  return in.unique(std::move(out));
}

}  // namespace

outcome<double> binary_scalar_at(evaluator& in, const binary_node& node, std::int64_t instant_ms) {
  PG_TRY(const auto left, in.scalar_at(*node.left, instant_ms));
  PG_TRY(const auto right, in.scalar_at(*node.right, instant_ms));
  return apply(node.what, left, right);
}

outcome<instant_vector> binary_vector_at(evaluator& in, const binary_node& node, std::int64_t instant_ms) {
  if (node.left->type == value_type::scalar || node.right->type == value_type::scalar) {
    return with_number(in, node, instant_ms);
  }
  PG_TRY(auto left, in.vector_at(*node.left, instant_ms));
  PG_TRY(const auto right, in.vector_at(*node.right, instant_ms));
  if (is_set_operation(node.what)) return set_operation(in, node, std::move(left), right);
  return vector_match(in, node).run(left, right);
}

}  // namespace perigee::promql::detail

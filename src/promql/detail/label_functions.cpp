#include <format>

#include "promql/detail/label_name.hpp"
#include "promql/detail/pattern.hpp"
#include "promql/detail/vector_functions.hpp"

namespace perigee::promql::detail::vectors {
namespace {

const std::string& text(const call_node& node, std::size_t argument) {
  return evaluator::text_of(*node.arguments[argument]);
}

/// The first argument with the labels of each element changed.
template <class Change>  // void(labels&)
outcome<instant_vector> relabelled(evaluator& in, const call_node& node, std::int64_t instant_ms, Change change) {
  PG_TRY(auto out, in.vector_at(*node.arguments[0], instant_ms));
  auto& memo = in.memo(&node);
  for (auto& each : out) {
    each.labels = memo.of(in.pool(), each.labels, [&change](labels of) {
      change(of);
      return of;
    });
  }
  return in.unique(std::move(out));
}

}  // namespace

outcome<instant_vector> label_replace(evaluator& in, const call_node& node, std::int64_t instant_ms) {
  const auto& target = text(node, 1);
  if (!is_label_name(target)) {
    return cannot_execute(std::format("invalid destination label name in label_replace(): {}", target));
  }
  const auto pattern = pattern::compile(text(node, 4));
  if (!pattern) {
    return cannot_execute(std::format("invalid regular expression in label_replace(): {}", pattern.error()));
  }
  return relabelled(in, node, instant_ms, [&](labels& of) {
    if (const auto value = (*pattern)->replaced(of.get(text(node, 3)), text(node, 2))) of.set(target, *value);
  });
}

outcome<instant_vector> label_join(evaluator& in, const call_node& node, std::int64_t instant_ms) {
  const auto& target = text(node, 1);
  if (!is_label_name(target)) {
    return cannot_execute(std::format("invalid destination label name in label_join(): {}", target));
  }
  return relabelled(in, node, instant_ms, [&](labels& of) {
    std::string joined;
    for (std::size_t i = 3; i < node.arguments.size(); ++i) {
      if (i > 3) joined += text(node, 2);
      joined += of.get(text(node, i));
    }
    of.set(target, joined);
  });
}

}  // namespace perigee::promql::detail::vectors

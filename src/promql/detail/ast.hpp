#pragma once
// A query as a tree. Built by the parser, immutable afterwards; the evaluator keeps what it learns beside it.

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "promql/matcher.hpp"
#include "promql/query.hpp"

namespace perigee::promql::detail {

struct expression;
using expression_ptr = std::unique_ptr<const expression>;
struct function;

struct number_node {
  double value = 0;
};

struct text_node {
  std::string value;
};

/// Where a selector looks from, in place of the instant that is evaluated: `@` and `offset`.
struct time_shift {
  enum class anchor : std::uint8_t { instant, fixed, start, end };
  anchor from = anchor::instant;
  std::int64_t fixed_ms = 0;
  std::int64_t offset_ms = 0;  // into the past
};

/// `range_ms` is 0 for the newest sample, else of a range of samples.
struct selector_node {
  std::vector<matcher> matchers;
  std::int64_t range_ms = 0;
  time_shift shift;
};

/// `inner[range:step]`: what `inner` evaluates to at every multiple of the step in the range.
struct subquery_node {
  expression_ptr inner;
  std::int64_t range_ms = 0;
  std::int64_t step_ms = 0;
  time_shift shift;
};

struct call_node {
  const function* what = nullptr;
  std::vector<expression_ptr> arguments;
};

struct negate_node {
  expression_ptr of;
};

enum class aggregation : std::uint8_t {
  sum,
  avg,
  min,
  max,
  count,
  group,
  stddev,
  stdvar,
  quantile,
  topk,
  bottomk,
  count_values,
};

struct aggregate_node {
  aggregation kind = aggregation::sum;
  bool without = false;             // the labels named are left out, else kept
  std::vector<std::string> labels;  // that make the groups
  expression_ptr parameter;         // of quantile, topk, bottomk and count_values
  expression_ptr of;
};

enum class operation : std::uint8_t {
  add,
  subtract,
  multiply,
  divide,
  modulo,
  power,
  atan2,
  equal,
  not_equal,
  less,
  greater,
  less_or_equal,
  greater_or_equal,
  logical_and,
  logical_or,
  logical_unless,
};
[[nodiscard]] constexpr bool is_comparison(operation o) {
  return o >= operation::equal && o <= operation::greater_or_equal;
}
[[nodiscard]] constexpr bool is_set_operation(operation o) { return o >= operation::logical_and; }

/// Which series of two vectors belong together.
struct vector_matching {
  enum class many : std::uint8_t { neither, left, right };
  bool on = false;                    // the labels named have to agree, else all others
  std::vector<std::string> labels;    // of `on` or `ignoring`
  many side = many::neither;          // of which several series may meet the same one
  std::vector<std::string> included;  // labels that the result takes from the side of one
};

struct binary_node {
  operation what = operation::add;
  bool returns_bool = false;
  vector_matching matching;
  expression_ptr left;
  expression_ptr right;
};

struct expression {
  std::variant<number_node, text_node, selector_node, subquery_node, call_node, negate_node, aggregate_node,
               binary_node>
      node;
  value_type type = value_type::scalar;
  std::uint32_t at = 0;      // bytes from the query's begin
  std::uint32_t height = 1;  // of the tree below, itself counted
};

}  // namespace perigee::promql::detail

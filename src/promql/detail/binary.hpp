#pragma once

#include "promql/detail/evaluator.hpp"

namespace perigee::promql::detail {

/// An operator with two operands at one instant: of two numbers, or where one of them is a vector.
[[nodiscard]] outcome<double> binary_scalar_at(evaluator& in, const binary_node& node, std::int64_t instant_ms);
[[nodiscard]] outcome<instant_vector> binary_vector_at(evaluator& in, const binary_node& node, std::int64_t instant_ms);

}  // namespace perigee::promql::detail

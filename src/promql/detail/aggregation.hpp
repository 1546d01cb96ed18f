#pragma once

#include "promql/detail/evaluator.hpp"

namespace perigee::promql::detail {

/// `sum by (x) (...)` and its like at one instant.
[[nodiscard]] outcome<instant_vector> aggregate_at(evaluator& in, const aggregate_node& node, std::int64_t instant_ms);

}  // namespace perigee::promql::detail

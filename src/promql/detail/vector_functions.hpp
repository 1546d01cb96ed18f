#pragma once
// Functions that are more than one number made of another. Each follows the function of its name in Prometheus's
// documentation.

#include "promql/detail/evaluator.hpp"

namespace perigee::promql::detail::vectors {

outcome<instant_vector> absent(evaluator& in, const call_node& node, std::int64_t instant_ms);
outcome<instant_vector> absent_over_time(evaluator& in, const call_node& node, std::int64_t instant_ms);
outcome<instant_vector> clamp(evaluator& in, const call_node& node, std::int64_t instant_ms);
outcome<instant_vector> clamp_min(evaluator& in, const call_node& node, std::int64_t instant_ms);
outcome<instant_vector> clamp_max(evaluator& in, const call_node& node, std::int64_t instant_ms);
outcome<instant_vector> round(evaluator& in, const call_node& node, std::int64_t instant_ms);
outcome<instant_vector> sort(evaluator& in, const call_node& node, std::int64_t instant_ms);
outcome<instant_vector> sort_desc(evaluator& in, const call_node& node, std::int64_t instant_ms);
outcome<instant_vector> timestamp(evaluator& in, const call_node& node, std::int64_t instant_ms);
outcome<instant_vector> vector(evaluator& in, const call_node& node, std::int64_t instant_ms);
outcome<instant_vector> label_join(evaluator& in, const call_node& node, std::int64_t instant_ms);
outcome<instant_vector> label_replace(evaluator& in, const call_node& node, std::int64_t instant_ms);
outcome<instant_vector> histogram_quantile(evaluator& in, const call_node& node, std::int64_t instant_ms);

outcome<double> scalar(evaluator& in, const call_node& node, std::int64_t instant_ms);
outcome<double> time(evaluator& in, const call_node& node, std::int64_t instant_ms);
outcome<double> pi(evaluator& in, const call_node& node, std::int64_t instant_ms);

}  // namespace perigee::promql::detail::vectors

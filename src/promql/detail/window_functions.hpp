#pragma once
// Functions of a range of samples. Each follows the function of its name in Prometheus's documentation.

#include "promql/detail/function_table.hpp"

namespace perigee::promql::detail::windows {

std::optional<double> rate(const window& w);
std::optional<double> increase(const window& w);
std::optional<double> delta(const window& w);
std::optional<double> irate(const window& w);
std::optional<double> idelta(const window& w);
std::optional<double> deriv(const window& w);
/// `parameter`: seconds from the instant on.
std::optional<double> predict_linear(const window& w);
std::optional<double> changes(const window& w);
std::optional<double> resets(const window& w);

std::optional<double> avg(const window& w);
std::optional<double> min(const window& w);
std::optional<double> max(const window& w);
std::optional<double> sum(const window& w);
std::optional<double> count(const window& w);
std::optional<double> last(const window& w);
std::optional<double> present(const window& w);
std::optional<double> stddev(const window& w);
std::optional<double> stdvar(const window& w);
/// `parameter`: which quantile, 0 to 1.
std::optional<double> quantile(const window& w);

}  // namespace perigee::promql::detail::windows

#pragma once

#include <string>

#include "rules/detail/syntax.hpp"

namespace perigee::rules::detail {

/// Equal for expressions that say the same, however they are spaced: what stands in SELECT is found again in GROUP BY.
[[nodiscard]] std::string canonical(const expression_pool& pool, expression_id id);

}  // namespace perigee::rules::detail

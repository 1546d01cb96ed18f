#pragma once

#include <string>
#include <string_view>

#include "rules/detail/syntax.hpp"

namespace perigee::rules::detail {

/// Equal for expressions that say the same, however they are spaced: what stands in SELECT is found again in GROUP BY.
[[nodiscard]] std::string canonical(const expression_pool& pool, expression_id id);

/// As it stands in the file. Parentheses around its first or last part belong to it.
[[nodiscard]] std::string_view text_of(std::string_view source, const expression& e);

}  // namespace perigee::rules::detail

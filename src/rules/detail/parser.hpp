#pragma once
// SELECT ... FROM ... WHERE ... into a syntax tree.

#include "rules/detail/syntax.hpp"
#include "rules/detail/token_cursor.hpp"

namespace perigee::rules::detail {

/// Reports everything it finds wrong: after an error it goes on at the next comma or clause.
[[nodiscard]] select_statement parse_select(located_text in, problems& wrong);

/// One expression that fills the whole text: what stands in a template or a key.
[[nodiscard]] std::optional<expression_id> parse_expression(located_text in, expression_pool& pool, problems& wrong);

}  // namespace perigee::rules::detail

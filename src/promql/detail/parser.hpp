#pragma once

#include <string_view>

#include "promql/detail/ast.hpp"
#include "promql/fault.hpp"

namespace perigee::promql::detail {

/// The query as a tree whose types fit: what is evaluated can only fail by its data.
[[nodiscard]] outcome<expression_ptr> parse(std::string_view query);

}  // namespace perigee::promql::detail

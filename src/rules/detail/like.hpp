#pragma once

#include <string_view>

namespace perigee::rules::detail {

/// SQL's LIKE: `%` is any run of characters, `_` one. Takes time of the order of both lengths multiplied, no more.
[[nodiscard]] bool is_like(std::string_view text, std::string_view pattern);

}  // namespace perigee::rules::detail

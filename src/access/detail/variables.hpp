#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/policy.hpp"

namespace perigee::access::detail {

/// The first variable of a pattern that is none of ours, or is not closed; empty: there is none.
[[nodiscard]] std::string_view unknown_variable(std::string_view pattern);
[[nodiscard]] bool has_variables(std::string_view pattern);
/// The pattern with a plain name in each variable's place, to see whether it is a topic filter.
[[nodiscard]] std::string with_any_names(std::string_view pattern);

/// The filters that a pattern is for this client: none where a variable has no value, several where it has groups.
[[nodiscard]] std::vector<std::string> filled_in(std::string_view pattern, const principal& of);
/// The first variable whose value cannot stand in a topic; empty: none.
[[nodiscard]] std::string_view unfit_variable(std::string_view pattern, const principal& of);

}  // namespace perigee::access::detail

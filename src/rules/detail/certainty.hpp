#pragma once
// With [fields] a rule says what it does where there is no value.

#include "rules/detail/problems.hpp"
#include "rules/detail/syntax.hpp"

namespace perigee::rules::detail {

/// Reports (P0236) each field that may be missing, each division and each conversion whose outcome is computed with and
/// not provided for by DEFAULT, TRY, IS [NOT] NULL or a function that asks about NULL. A field that is only passed on
/// may be NULL.
void check_certainty(const select_statement& select, const schema& fields, problems& wrong);

}  // namespace perigee::rules::detail

#pragma once

#include "api/route.hpp"
#include "node/things.hpp"

namespace perigee::node {

/// Enrolments that wait for an operator, and the operator's word: /api/v1/enrolments. docs/identity.md, "Enrolment".
[[nodiscard]] api::routes application_routes(things& of);

}  // namespace perigee::node

#pragma once

#include "api/route.hpp"
#include "node/things.hpp"

namespace perigee::node {

/// /api/v1/things, /api/v1/tokens and /api/v1/certificates, for operators. `of` outlives the server.
[[nodiscard]] api::routes registry_routes(things& of);

}  // namespace perigee::node

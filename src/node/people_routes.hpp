#pragma once

#include "api/route.hpp"
#include "api/sessions.hpp"
#include "io/shard.hpp"
#include "node/people.hpp"

namespace perigee::node {

/// /api/v1/users: who may sign in, with which role and tokens. docs/access.md, "Over the API".
[[nodiscard]] api::routes people_routes(io::shard& on, people& all, api::sessions& signed_in);

}  // namespace perigee::node

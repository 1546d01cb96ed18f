#pragma once

#include "api/people.hpp"
#include "api/route.hpp"
#include "api/sessions.hpp"
#include "io/shard.hpp"

namespace perigee::api {

/// POST, GET and DELETE /api/v1/session, POST /api/v1/session/tokens: docs/api.md, "Signing in".
[[nodiscard]] routes session_routes(io::shard& on, sessions& all, people_port& people);

}  // namespace perigee::api

#pragma once

#include "api/route.hpp"
#include "io/shard.hpp"
#include "quarantine/keeper.hpp"

namespace perigee::api {

/// GET /api/v1/quarantine, GET and DELETE .../N, POST .../N/retry: what readers set aside (promise P7). Lives as long
/// as `kept` and the shard.
[[nodiscard]] routes quarantine_routes(io::shard& on, quarantine::keeper& kept);

}  // namespace perigee::api

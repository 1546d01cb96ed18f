#pragma once

#include "api/route.hpp"
#include "io/shard.hpp"
#include "node/live_values.hpp"
#include "readers/history/history_reader.hpp"

namespace perigee::node {

/// GET /api/v1/metrics and /api/v1/history. Everything outlives the server. Questions run on the history's worker.
[[nodiscard]] api::routes history_routes(io::shard& on, readers::history::history_reader& history,
                                         const live_values& values);

}  // namespace perigee::node

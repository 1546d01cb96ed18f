#pragma once

#include <functional>
#include <string>

#include "alarm/board.hpp"
#include "api/route.hpp"
#include "io/shard.hpp"
#include "node/live_values.hpp"

namespace perigee::node {

/// What a stream of live values tells; all outlive the server.
struct live_sources {
  io::shard& on;
  const live_values& values;
  const alarm::board& alarms;
  std::function<std::string()> links;  // as a JSON array
};

/// GET /api/v1/live: Server-Sent Events (the HTML standard, 9.2), docs/api.md, "Live". At most limits::http_live_max at
/// once.
[[nodiscard]] api::routes live_routes(live_sources from);

}  // namespace perigee::node

#pragma once

#include <string>

#include "api/route.hpp"
#include "io/stream.hpp"

namespace perigee::node {

/// GET /api/v1/demo, POST .../links/{name}/cut and /heal: asks the `perigee demo` that started this node, one line each
/// way through its socket. The network outlives the server.
[[nodiscard]] api::routes demo_routes(io::shard& on, io::network& network, std::string socket);

}  // namespace perigee::node

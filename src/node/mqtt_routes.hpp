#pragma once

#include "api/server.hpp"
#include "doors/mqtt/broker_view.hpp"

namespace perigee::node {

/// /api/v1/mqtt/...: clients, one client, its end, its trace; who gets a topic; what is retained. All for a bearer of
/// the token: names, addresses and payloads are nobody else's. Lives as long as the view and the shard.
[[nodiscard]] api::routes mqtt_routes(io::shard& on, doors::mqtt::broker_view& view);

}  // namespace perigee::node

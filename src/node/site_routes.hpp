#pragma once

#include "api/route.hpp"
#include "doors/mqtt/broker_view.hpp"
#include "node/children.hpp"
#include "node/live_values.hpp"

namespace perigee::node {

/// Where the routes look; all outlive the server.
struct site_sources {
  const live_values& values;
  const doors::mqtt::broker_view& broker;
  const node::children& children;
  std::string node;
  std::string tier;
  timestamp started;
};

/// GET /api/v1/nodes, devices and latest: what this node knows of itself and those below it.
[[nodiscard]] api::routes site_routes(site_sources from);

}  // namespace perigee::node

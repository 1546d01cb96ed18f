#pragma once

#include <functional>
#include <vector>

#include "api/route.hpp"
#include "base/metrics.hpp"
#include "client/link_state.hpp"
#include "doors/mqtt/broker.hpp"
#include "io/file.hpp"
#include "journal/journal.hpp"
#include "node/certificates.hpp"
#include "node/config.hpp"
#include "node/disk_forecast.hpp"
#include "quarantine/keeper.hpp"
#include "readers/rules/rules_reader.hpp"

namespace perigee::node {

/// Where the routes look; all outlive the server.
struct system_sources {
  const journal::journal& log;
  doors::mqtt::broker& broker;
  const quarantine::keeper& aside;
  metrics::registry& metrics;
  const config& chosen;
  io::disk& disk;
  const disk_forecast& forecast;
  const node::certificates* tls;              // null without [tls]
  const readers::rules::rules_reader* rules;  // null where the node has none
  timestamp started;
  std::function<std::size_t()> series;
  std::function<std::size_t()> alarms;
  std::function<std::vector<client::link_state>()> links;
};

/// GET /api/v1/rules, journal and system: how the node itself is.
[[nodiscard]] api::routes system_routes(system_sources from);

}  // namespace perigee::node

#pragma once

#include <string>

#include "api/route.hpp"
#include "io/shard.hpp"
#include "readers/alarms/alarms_reader.hpp"

namespace perigee::node {

/// /api/v1/alarms and what is below it: docs/alarms.md, "Over the API". Both outlive the server.
[[nodiscard]] api::routes alarm_routes(io::shard& on, readers::alarms::alarms_reader& alarms);

/// As the API shows it.
[[nodiscard]] std::string to_json_text(const alarm::board& on, const alarm::entry& one);

}  // namespace perigee::node

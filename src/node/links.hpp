#pragma once
// How the links of a node, its uplink and its bridges, are told (promise P9).

#include <span>
#include <string>

#include "base/metrics.hpp"
#include "client/link_state.hpp"

namespace perigee::node {

/// A JSON list.
[[nodiscard]] std::string to_json(std::span<const client::link_state> links);
/// Sets the gauges of a link, labelled with its name.
void measure(metrics::registry& metrics, const client::link_state& link);

}  // namespace perigee::node

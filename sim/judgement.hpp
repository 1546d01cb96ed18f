#pragma once

#include "sim/coverage.hpp"
#include "sim/device.hpp"
#include "sim/node.hpp"
#include "sim/world.hpp"

namespace perigee::sim {

/// P1: what was acknowledged to the device arrived or stands in a gap. P2: each reading of a stamping device is there
/// once. And everything that it produced is accounted for.
void judge_device(world& in, const device& d, const coverage& top);

/// P2 for derived data: what a node's rules put out is what they would have without any fault, each once.
void judge_rules(world& in, const node& at);

/// P2, P7 at the top: the history holds each message once, and what it cannot read is set aside. Ends the node.
void judge_history(world& in, node& at, const coverage& top);

}  // namespace perigee::sim

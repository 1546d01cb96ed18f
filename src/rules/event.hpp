#pragma once
// What goes into the rule engine: one message of the journal.

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "base/id.hpp"
#include "base/time.hpp"

namespace perigee::rules {

/// Lanes that a rule set tells apart.
inline constexpr std::size_t rule_lanes_max = 4;

/// A message whose bytes are owned by the caller for the length of one `rule_set::apply`.
struct event {
  std::string_view topic;
  byte_view payload;          // JSON, or a plain scalar that rules see as `value`
  timestamp arrival{};        // wall time at the journal: what timestamp() gives
  log_offset offset{};        // where it stands in its lane: what offset() gives
  std::string_view client{};  // the authenticated identity of the sender: what clientid() gives
  timestamp now{};            // when this node's journal took it: what moves windows; 0: as arrival
  std::uint8_t lane = 0;      // of that journal, up to rule_lanes_max: its messages have one order
};

}  // namespace perigee::rules

#include "node/units.hpp"

#include "wire/mqtt/topic.hpp"

namespace perigee::node {
namespace {

bool fits(const unit_rule& rule, const readers::history::series_names& series) {
  return rule.metric == series.metric && (rule.node.empty() || rule.node == series.node) &&
         wire::mqtt::matches(rule.device, series.device);
}

}  // namespace

std::span<const motor_unit> motor_units() {
  static constexpr motor_unit all[] = {
      {"speed", "1/min"}, {"temperature", "Cel"}, {"current", "A"}, {"vibration", "mm/s"}};
  return all;
}

units::units(const config& chosen) : rules_(chosen.units) {
  for (const auto& replay : chosen.replays) {
    for (const auto& column : replay.columns) {
      if (column.unit.empty()) continue;
      rules_.push_back(
          {column.metric.empty() ? column.name : column.metric, column.unit, replay.topic, chosen.node_id});
    }
  }
  for (const auto& machine : chosen.machines) {
    for (const auto& [metric, unit] : motor_units()) {
      rules_.push_back({std::string(metric), std::string(unit), machine.topic, chosen.node_id});
    }
  }
}

std::string_view units::of(const readers::history::series_names& series) const {
  for (const auto& rule : rules_) {
    if (fits(rule, series)) return rule.unit;
  }
  return {};
}

}  // namespace perigee::node

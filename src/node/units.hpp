#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/config.hpp"
#include "readers/history/store.hpp"

namespace perigee::node {

/// The units of doors/machine's motor: a metric, and what it is in.
struct motor_unit {
  std::string_view metric;
  std::string_view unit;
};
[[nodiscard]] std::span<const motor_unit> motor_units();

/// What unit a metric is in, which a payload seldom says: the first [[unit]] that fits decides; the columns of this
/// node's replays and the metrics of its machines come behind those. For people: nothing is converted.
class units {
 public:
  units() = default;
  explicit units(const config& chosen);

  /// Empty where nobody said. Lasts as long as this.
  [[nodiscard]] std::string_view of(const readers::history::series_names& series) const;

 private:
  std::vector<unit_rule> rules_;
};

}  // namespace perigee::node

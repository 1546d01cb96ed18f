#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/config.hpp"
#include "readers/history/store.hpp"

namespace perigee::node {

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

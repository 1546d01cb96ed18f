#pragma once

#include <cstdint>
#include <vector>

#include "base/id.hpp"

namespace perigee::promql::detail {

/// Labels as a number: two are equal where their numbers are, in one evaluation's label_pool.
using label_set = id<std::uint32_t, struct label_set_tag>;

struct element {
  label_set labels;
  double value = 0;
};

/// One value of each of several series at one instant.
using instant_vector = std::vector<element>;

}  // namespace perigee::promql::detail

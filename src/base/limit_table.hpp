#pragma once

#include <span>
#include <string_view>

namespace perigee {

namespace metrics {
class exposition;
}

/// One bound of base/limits.hpp.
struct limit {
  std::string_view name;
  double value = 0;
};

/// All of them, in the order of the file. The table is made from the file when the build is configured.
[[nodiscard]] std::span<const limit> limit_table();

/// Each as a sample of the gauge `perigee_limit` (promise P6).
void expose_limits(metrics::exposition& into);

}  // namespace perigee

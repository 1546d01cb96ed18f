#include "base/limit_table.hpp"

#include <array>
#include <format>

#include "base/exposition.hpp"
#include "limit_files.inc"  // base/limits.hpp and base/*_limits.hpp, by CMakeLists.txt

namespace perigee {
namespace {

constexpr std::array table{
#include "limit_rows.inc"  // {"topic_bytes_max", limits::topic_bytes_max}, ... by CMakeLists.txt
};

}  // namespace

std::span<const limit> limit_table() { return table; }

void expose_limits(metrics::exposition& into) {
  into.family("perigee_limit", "A bound of this program; docs/limits.md says what happens there.",
              metrics::family_type::gauge);
  for (const auto& each : table) into.sample("perigee_limit", std::format("name=\"{}\"", each.name), each.value);
}

}  // namespace perigee

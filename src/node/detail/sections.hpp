#pragma once
// Every section and option of the configuration: sections.cpp is the table.

#include <span>

#include "node/detail/option.hpp"

namespace perigee::node::detail {

[[nodiscard]] std::span<const option<config>> root_options();

/// What must hold between options, with the place in `root` to point at.
void check_together(reading& in, const value& root, config& of);

}  // namespace perigee::node::detail

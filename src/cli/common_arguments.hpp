#pragma once
// Arguments that many commands take.

#include "cli/command.hpp"

namespace perigee::cli::arguments {

using enum presence;

inline constexpr argument json = {"--json", "", "one JSON document on stdout", optional};
inline constexpr argument data = {"--data", "DIR", "the node's data folder, in place of FILE", optional};
inline constexpr argument of_node = {"--node", "FILE", "the node's configuration", optional};
inline constexpr argument row_limit = {"--limit", "N", "at most so many rows (default all)", optional};

}  // namespace perigee::cli::arguments

#pragma once

#include "journal/journal.hpp"
#include "node/config.hpp"

namespace perigee::node {

/// How the journal keeps a lane that is configured so.
[[nodiscard]] journal::lane_options lane_options_of(const lane_config& from, std::uint64_t segment_bytes);

}  // namespace perigee::node

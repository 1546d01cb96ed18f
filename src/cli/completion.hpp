#pragma once

#include <span>
#include <string>

#include "cli/command.hpp"

namespace perigee::cli {

/// A script for bash that completes commands, the commands below them, and options; file names elsewhere.
[[nodiscard]] std::string bash_completion(std::span<const command> table);

}  // namespace perigee::cli

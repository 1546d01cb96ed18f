#pragma once

#include <cstdint>

namespace perigee::cli {

/// Raises how many files, and so connections, this process may have open to as many as the system lets it, which is
/// answered. What it starts with is often 1,024.
std::uint64_t allow_open_files();

}  // namespace perigee::cli

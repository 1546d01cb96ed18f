#pragma once

#include <cstdint>

#include "base/error.hpp"
#include "base/time.hpp"

namespace perigee::cli {

/// What the system says a process has used so far.
struct process_usage {
  nanoseconds cpu{};  // of all its threads, in user and in kernel mode; in steps of the system's clock tick (10 ms)
  std::uint64_t resident_bytes = 0;
};

/// errc::not_found where there is no such process.
[[nodiscard]] result<process_usage> usage_of(std::uint64_t pid);

}  // namespace perigee::cli

#pragma once
// What the operating system says of this process.

#include <cstdint>

namespace perigee::node {

[[nodiscard]] std::int64_t process_id();
[[nodiscard]] std::uint64_t resident_bytes();
/// User and system time.
[[nodiscard]] double cpu_seconds();
/// Since the kernel started the process, to 10 ms.
[[nodiscard]] double milliseconds_since_exec();

}  // namespace perigee::node

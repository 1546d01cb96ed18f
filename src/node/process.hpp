#pragma once
// What the operating system says of this process.

#include <array>
#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace perigee::node {

[[nodiscard]] std::int64_t process_id();
/// 256 bits that nobody can guess. errc::io.
[[nodiscard]] result<std::array<std::uint8_t, 32>> random_bytes();
/// The same in hexadecimal.
[[nodiscard]] result<std::string> random_token();
[[nodiscard]] std::uint64_t resident_bytes();
/// What the process has allocated and not given back.
[[nodiscard]] std::uint64_t heap_bytes();
/// User and system time.
[[nodiscard]] double cpu_seconds();
/// Since the kernel started the process, to 10 ms.
[[nodiscard]] double milliseconds_since_exec();

/// Unmaps the pages of code and constants that starting touched: those still needed come back from the page cache one
/// by one. Half of a small node's resident memory is code that runs once.
void give_back_startup_pages();

}  // namespace perigee::node

#pragma once
// Always-on checks for programmer errors. Never for input from outside: that gets an error.

#include <source_location>

namespace perigee {

[[noreturn]] void check_failed(const char* condition, const char* why, std::source_location at) noexcept;

}  // namespace perigee

/// `PG_CHECK(staged_ >= committed_, "a commit ran ahead of its appends");` prints the place and aborts.
#define PG_CHECK(condition, why) \
  ((condition) ? static_cast<void>(0) : ::perigee::check_failed(#condition, why, std::source_location::current()))

#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace perigee {

void check_failed(const char* condition, const char* why, std::source_location at) noexcept {
  std::fprintf(stderr, "%s:%u: check failed: %s (%s)\n", at.file_name(), at.line(), why, condition);
  std::abort();
}

}  // namespace perigee

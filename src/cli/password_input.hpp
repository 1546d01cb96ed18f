#pragma once

#include <string>

#include "base/error.hpp"

namespace perigee::cli {

/// A password that was never an argument, which every process may see: asked for twice on a terminal, without echo;
/// else the first line of stdin. errc::malformed: empty, over limits::access_password_bytes_max, or not the same twice;
/// errc::closed: stdin ended.
[[nodiscard]] result<std::string> read_password(std::string_view of);

}  // namespace perigee::cli

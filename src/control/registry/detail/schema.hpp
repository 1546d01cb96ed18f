#pragma once

#include <string>

#include "sqlite/sqlite.hpp"

namespace perigee::control::registry::detail {

/// The registry's file with its tables, made where there is none. errc::unsupported: a newer version wrote it.
[[nodiscard]] result<sqlite::connection> open_database(const std::string& file);

}  // namespace perigee::control::registry::detail

#pragma once
// The history's file: its tables, and whose it is. docs/formats/history.md.

#include <string>

#include "base/error.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::readers::history::detail {

/// Opens the file, makes its tables where it is new, and checks version and node. An empty `node` is not checked.
[[nodiscard]] result<sqlite::connection> open_database(const std::string& path, const std::string& node,
                                                       bool read_only);

}  // namespace perigee::readers::history::detail

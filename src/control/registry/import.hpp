#pragma once
// Things from a CSV file: a row each, under a header that names the columns.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "control/registry/thing.hpp"

namespace perigee::control::registry {

struct imported_thing {
  std::uint32_t line = 0;  // that its row begins on, from 1
  new_thing made;
};

/// What is wrong with a row, for a person who looks at the file.
struct import_fault {
  std::uint32_t line = 0;
  std::uint32_t column = 1;  // in bytes, from 1
  std::string field{};       // of the thing, or the column's name
  std::string detail{};
  std::string right{};
};

/// Columns `name`, `kind` (device where absent or empty), `groups` (with ';' between them), `serial_number`, and
/// `attr:NAME` for each attribute, where an empty cell is none. All of it, or everything that is wrong with it, in the
/// order of the lines: whatever needs no registry to tell.
[[nodiscard]] std::expected<std::vector<imported_thing>, std::vector<import_fault>> read_things(std::string_view csv);

}  // namespace perigee::control::registry

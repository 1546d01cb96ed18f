#pragma once
// One row of a CSV to one payload.

#include <string>

#include "doors/replay/layout.hpp"

namespace perigee::doors::replay {

/// What is wrong with a row's cell.
struct cell_problem {
  const char* code = "";
  std::size_t field = 0;
  std::string message;
  std::string help;
};

/// The row's time, or what is wrong with the row: P0303, P0308, P0309. Every value is checked.
[[nodiscard]] std::expected<timestamp, cell_problem> check_row(std::span<const csv::field> row,
                                                               const csv_layout& layout);

/// `{"ts":µs,"metric":value,...}` into `out`. A cell that says nothing is left out. The row has passed check_row.
void render_row(std::string& out, timestamp at, std::span<const csv::field> row, const csv_layout& layout);

}  // namespace perigee::doors::replay

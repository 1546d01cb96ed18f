#pragma once
// Rows and columns for a person.

#include <string>
#include <string_view>
#include <vector>

namespace perigee::cli {

struct text_column {
  std::string_view title;
  enum class align { left, right } to = align::left;
};

/// Columns as wide as their widest cell, two blanks between. Control characters are shown as '.', for a cell may hold
/// what a stranger chose.
class text_table {
 public:
  explicit text_table(std::vector<text_column> columns) : columns_(std::move(columns)) {}

  /// As many cells as there are columns.
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  /// With the titles above, bold where `colours`; lines end without blanks.
  [[nodiscard]] std::string render(bool colours) const;

 private:
  [[nodiscard]] std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const;

  std::vector<text_column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// The text without control characters, which could play with a terminal.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace perigee::cli

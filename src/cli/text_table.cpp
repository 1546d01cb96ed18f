#include "cli/text_table.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "cli/console.hpp"

namespace perigee::cli {
namespace {

/// Characters of UTF-8, one cell each.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out(text);
  // C0 and DEL; C1 as UTF-8 is 0xC2 and 0x80 to 0x9F.
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto byte = static_cast<unsigned char>(out[i]);
    const auto next = i + 1 < out.size() ? static_cast<unsigned char>(out[i + 1]) : 0U;
    if (byte < 0x20 || byte == 0x7F) out[i] = '.';
    if (byte == 0xC2 && next >= 0x80 && next < 0xA0) out.replace(i, 2, ".");
  }
  return out;
}

void text_table::add(std::vector<std::string> cells) {
  PG_CHECK(cells.size() == columns_.size(), "a row has another number of cells than the table has columns");
  for (auto& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string text_table::line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string blanks(widths[i] - width_of(cells[i]), ' ');
    if (i != 0) out += "  ";
    out += columns_[i].to == text_column::align::right ? blanks + cells[i] : cells[i] + blanks;
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

std::string text_table::render(bool colours) const {
  std::vector<std::string> titles;
  std::vector<std::size_t> widths;
  for (const auto& column : columns_) {
    titles.emplace_back(column.title);
    widths.push_back(width_of(column.title));
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  auto out = painted(line(titles, widths), colour::bold, colours) + "\n";
  for (const auto& row : rows_) out += line(row, widths) + "\n";
  return out;
}

}  // namespace perigee::cli

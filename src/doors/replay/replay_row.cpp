#include "doors/replay/replay_row.hpp"

#include <array>
#include <charconv>
#include <format>

#include "base/decimal.hpp"

namespace perigee::doors::replay {
namespace {

constexpr std::int64_t ns_per_us = 1000;

// Of machines: 1900 to 2100, so that the difference of two times is a number of nanoseconds.
constexpr timestamp earliest{-2'208'988'800'000'000'000};
constexpr timestamp latest{4'102'444'800'000'000'000};

/// Takes digits off the front; how many.
std::size_t take_digits(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && text[n] >= '0' && text[n] <= '9') ++n;
  text.remove_prefix(n);
  return n;
}

/// A number as JSON and this program's own writer write it: no plus, no leading zero, no exponent.
bool is_plain_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const auto whole = take_digits(text);
  if (whole == 0 || (zero && whole > 1)) return false;
  if (text.empty()) return true;
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  return take_digits(text) > 0 && text.empty();
}

void put_number(std::string& out, std::string_view cell, std::optional<std::uint32_t> decimals) {
  const double x = number_in(cell).value_or(0);
  if (decimals) return append_decimal(out, x, *decimals);
  if (is_plain_number(cell)) {
    out += cell;
    return;
  }
  std::array<char, 32> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), x).ptr);
}

}  // namespace

std::expected<timestamp, cell_problem> check_row(std::span<const csv::field> row, const csv_layout& layout) {
  if (row.size() != layout.columns) {
    return std::unexpected(cell_problem{
        "P0303", 0, std::format("this row has {} columns, the first has {}", row.size(), layout.columns), {}});
  }
  const auto at = layout.time.parse(row[layout.time_column].text);
  if (!at || *at < earliest || *at > latest) {
    return std::unexpected(
        cell_problem{"P0308", layout.time_column,
                     std::format("'{}' is not a time in the file's format", row[layout.time_column].text),
                     "declare the format with time_format"});
  }
  for (const auto& column : layout.values) {
    const auto cell = row[column.index].text;
    if (number_in(cell) || says_nothing(cell)) continue;
    return std::unexpected(cell_problem{"P0309", column.index, std::format("'{}' is not a number", cell),
                                        cell.contains(',') ? "a decimal point is a point" : ""});
  }
  return *at;
}

void render_row(std::string& out, timestamp at, std::span<const csv::field> row, const csv_layout& layout) {
  out = "{\"ts\":";
  std::array<char, 24> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), at.ns / ns_per_us).ptr);
  for (const auto& column : layout.values) {
    const auto cell = row[column.index].text;
    if (says_nothing(cell)) continue;
    out += ',';
    out += column.key;
    put_number(out, cell, column.decimals);
  }
  out += '}';
}

}  // namespace perigee::doors::replay

#include "control/registry/import.hpp"

#include <algorithm>
#include <format>
#include <optional>

#include "base/limits.hpp"
#include "base/printable.hpp"
#include "csv/reader.hpp"

namespace perigee::control::registry {
namespace {

constexpr std::string_view attribute_prefix = "attr:";
constexpr char group_separator = ';';

groups split(std::string_view text) {
  groups out;
  while (!text.empty()) {
    const auto one = text.substr(0, text.find(group_separator));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    if (!one.empty()) out.emplace_back(one);
  }
  return out;
}

/// One pass over the file.
class things_file {
 public:
  explicit things_file(std::string_view csv) : text_(std::string(csv)), rows_(text_, ',') {}

  std::expected<std::vector<imported_thing>, std::vector<import_fault>> run() {
    if (!read_header()) return std::unexpected(std::move(faults_));
    while (const auto got = next()) {
      if (*got) read_row();
    }
    if (things_.empty() && faults_.empty()) refuse(1, "", "there is no thing in it", "a row for each below the header");
    if (!faults_.empty()) return std::unexpected(std::move(faults_));
    return std::move(things_);
  }

 private:
  void refuse(std::uint32_t column, std::string field, std::string detail, std::string right) {
    faults_.push_back({std::max(rows_.line(), 1U), column, std::move(field), std::move(detail), std::move(right)});
  }

  /// True for a row, false for one that is no CSV; nothing at the end.
  std::optional<bool> next() {
    const auto got = rows_.next();
    if (got == csv::reader::outcome::end) return std::nullopt;
    if (got == csv::reader::outcome::row) return true;
    const auto& fault = rows_.problem();
    faults_.push_back({fault.line, fault.column, "", fault.message, "CSV as RFC 4180 has it"});
    return false;
  }

  bool read_header() {
    const auto got = next();
    if (!got) refuse(1, "", "the file is empty", "a header such as name,groups,attr:maker, and a row for each thing");
    if (!got || !*got) return false;
    for (const auto& cell : rows_.row()) add_column(cell);
    if (!std::ranges::contains(columns_, "name")) refuse(1, "name", "there is no such column", "a column `name`");
    return faults_.empty();
  }

  void add_column(const csv::field& cell) {
    const bool known = cell.text == "name" || cell.text == "kind" || cell.text == "groups" ||
                       cell.text == "serial_number" || cell.text.starts_with(attribute_prefix);
    if (!known) {
      refuse(cell.column, printable(cell.text), "there is no such column",
             "name, kind, groups, serial_number or attr:NAME");
    } else if (std::ranges::contains(columns_, cell.text)) {
      refuse(cell.column, std::string(cell.text), "this column is there twice", "each column once");
    }
    columns_.emplace_back(cell.text);
  }

  void read_row() {
    const auto row = rows_.row();
    if (row.size() != columns_.size()) {
      return refuse(1, "", std::format("the row has {} columns", row.size()),
                    std::format("{}, as the header", columns_.size()));
    }
    imported_thing out{.line = rows_.line(), .made = {}};
    std::uint32_t kind_column = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!take(columns_[i], row[i].text, out.made)) kind_column = row[i].column;
    }
    if (kind_column != 0) return refuse(kind_column, "kind", "it is no kind of thing", "device or node");
    if (auto fault = fault_of(out.made)) {
      return refuse(column_of(fault->field), fault->field, std::move(fault->detail), std::move(fault->right));
    }
    things_.push_back(std::move(out));
  }

  /// False for a kind that there is not.
  static bool take(std::string_view column, std::string_view text, new_thing& into) {
    if (column == "name") {
      into.name = text;
    } else if (column == "groups") {
      into.groups = split(text);
    } else if (column == "serial_number") {
      into.serial_number = text;
    } else if (column == "kind") {
      const auto is = text.empty() ? std::optional(kind::device) : kind_of(text);
      into.is = is.value_or(kind::device);
      return is.has_value();
    } else if (!text.empty()) {
      into.attributes.emplace(column.substr(attribute_prefix.size()), text);
    }
    return true;
  }

  /// Where the row has the first cell of this field.
  std::uint32_t column_of(std::string_view field) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const bool is = columns_[i] == field || (field == "attributes" && columns_[i].starts_with(attribute_prefix));
      if (is) return rows_.row()[i].column;
    }
    return 1;
  }

  csv::text_source text_;
  csv::reader rows_;
  std::vector<std::string> columns_;
  std::vector<imported_thing> things_;
  std::vector<import_fault> faults_;
};

}  // namespace

std::expected<std::vector<imported_thing>, std::vector<import_fault>> read_things(std::string_view csv) {
  return things_file(csv).run();
}

}  // namespace perigee::control::registry

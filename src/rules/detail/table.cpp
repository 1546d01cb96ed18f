#include "rules/detail/table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <format>

#include "base/rules_limits.hpp"
#include "csv/reader.hpp"

namespace perigee::rules::detail {
namespace {

constexpr auto bad_table = "P0234";

/// As JSON writes numbers: 007 is a text, such as a part number is.
std::optional<double> as_number(std::string_view cell) {
  const auto digits = cell.starts_with('-') ? cell.substr(1) : cell;
  if (digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') return std::nullopt;
  double out = 0;
  const auto* end = cell.data() + cell.size();
  const auto parsed = std::from_chars(cell.data(), end, out);
  return parsed.ec == std::errc() && parsed.ptr == end && std::isfinite(out) ? std::optional(out) : std::nullopt;
}

std::optional<bool> as_boolean(std::string_view cell) {
  return cell == "true" || cell == "false" ? std::optional(cell == "true") : std::nullopt;
}

value value_of(std::string_view cell, value_type type) {
  if (cell.empty()) return {};
  switch (type) {
    case value_type::number: return of_number(*as_number(cell));
    case value_type::boolean: return of_boolean(*as_boolean(cell));
    default: return of_text(cell);
  }
}

}  // namespace

std::optional<std::string_view> key_text(const value& key, scratch& texts) {
  if (key.is_null()) return std::nullopt;
  texts.begin();
  put_plain(texts, key);
  const auto text = texts.take();
  return text && text->size() <= limits::rule_kept_text_bytes_max ? text : std::nullopt;
}

/// One pass over the CSV: cells first, their types when all are known.
class file_rows::reading {
 public:
  reading(source_text csv, layout as)
      : csv_(csv), as_(as), bytes_(std::string(csv.text)), reader_(bytes_, as.separator) {
    out_.texts_.reserve(csv.text.size());
  }

  std::expected<contents, diagnostics> run() {
    if (head()) rows();
    if (!wrong_.empty()) return std::unexpected(std::move(wrong_));
    make_values();
    return contents{std::move(columns_), std::move(out_)};
  }

 private:
  bool head() {
    if (next() != csv::reader::outcome::row) {
      if (wrong_.empty()) say(1, 1, "the table has no line that names its columns");
      return false;
    }
    for (const auto& field : reader_.row()) {
      const bool twice = std::ranges::contains(columns_, field.text, &table_column::name);
      if (twice) say(reader_.line(), field.column, std::format("two columns are named '{}'", field.text));
      columns_.push_back({std::string(field.text), value_type::text, false});
    }
    out_.width_ = columns_.size();
    key_ = static_cast<std::size_t>(std::ranges::find(columns_, as_.key, &table_column::name) - columns_.begin());
    if (key_ < columns_.size()) return true;
    std::vector<std::string_view> known;
    for (const auto& one : columns_) known.push_back(one.name);
    say(reader_.line(), 1, std::format("the table has no column '{}'", as_.key), did_you_mean(as_.key, known));
    return false;
  }

  void rows() {
    for (;;) {
      const auto got = next();
      if (got == csv::reader::outcome::end || wrong_.size() >= limits::rule_errors_max) return;
      if (got == csv::reader::outcome::row && !row()) return;
    }
  }

  /// False where no more is read.
  bool row() {
    const auto fields = reader_.row();
    if (fields.size() != columns_.size()) {
      say(reader_.line(), 1, std::format("{} fields, where the first line names {}", fields.size(), columns_.size()));
      return true;
    }
    const auto rows = out_.by_key_.size() + 1;
    if (rows > limits::rule_table_rows_max || rows * columns_.size() > limits::rule_table_cells_max) {
      say(reader_.line(), 1,
          std::format("more than {} rows or {} cells", limits::rule_table_rows_max, limits::rule_table_cells_max));
      return false;
    }
    for (const auto& field : fields) cells_.push_back(kept(field.text));
    const auto key = cells_[cells_.size() - columns_.size() + key_];
    const bool fresh = out_.by_key_.emplace(key, static_cast<std::uint32_t>(rows - 1)).second;
    if (key.empty()) {
      say(reader_.line(), fields[key_].column, "a row without a key");
    } else if (!fresh) {
      say(reader_.line(), fields[key_].column, std::format("a second row of the key '{}'", key));
    }
    return true;
  }

  csv::reader::outcome next() {
    const auto got = reader_.next();
    if (got == csv::reader::outcome::bad)
      say(reader_.problem().line, reader_.problem().column, reader_.problem().message);
    return got;
  }

  std::string_view kept(std::string_view text) {
    const auto at = out_.texts_.size();
    out_.texts_.insert(out_.texts_.end(), text.begin(), text.end());
    return {out_.texts_.data() + at, text.size()};
  }

  void make_values() {
    for (std::size_t c = 0; c < columns_.size(); ++c) columns_[c].type = type_of(c);
    out_.values_.reserve(cells_.size());
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      auto& column = columns_[i % columns_.size()];
      out_.values_.push_back(value_of(cells_[i], column.type));
      column.may_miss |= out_.values_.back().is_null();
    }
  }

  [[nodiscard]] value_type type_of(std::size_t column) const {
    bool any = false;
    bool numbers = true;
    bool booleans = true;
    for (auto i = column; i < cells_.size(); i += columns_.size()) {
      if (cells_[i].empty()) continue;
      any = true;
      numbers = numbers && as_number(cells_[i]);
      booleans = booleans && as_boolean(cells_[i]);
    }
    if (!any) return value_type::any;
    return numbers ? value_type::number : booleans ? value_type::boolean : value_type::text;
  }

  void say(std::uint32_t line, std::uint32_t column, std::string message, std::string help = {}) {
    wrong_.push_back(csv_.at_line(line, column, bad_table, std::move(message), std::move(help)));
  }

  source_text csv_;
  layout as_;
  csv::text_source bytes_;
  csv::reader reader_;
  std::vector<table_column> columns_;
  std::size_t key_ = 0;
  std::vector<std::string_view> cells_;
  file_rows out_;
  diagnostics wrong_;
};

std::expected<file_rows::contents, diagnostics> file_rows::read(source_text csv, layout as) {
  return reading(csv, as).run();
}

std::span<const value> file_rows::find(std::string_view key) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return {};
  return std::span(values_).subspan(found->second * width_, width_);
}

std::size_t file_rows::bytes() const {
  constexpr std::size_t node_bytes = 56;  // of the index
  return texts_.capacity() + values_.capacity() * sizeof(value) + by_key_.size() * node_bytes;
}

void kept_rows::put(std::string_view key, std::span<const value> values, timestamp now) {
  while (!rows_.empty() && is_over(rows_.oldest(), now)) rows_.erase(rows_.oldest());
  auto* found = rows_.find(key);
  auto& to = found != nullptr ? *found : rows_.add(key);
  to.written = now;
  to.values.clear();
  for (const auto& v : values) to.values.emplace_back(v);
  recharge(to);
  rows_.make_room();
}

std::span<const kept_value> kept_rows::find(std::string_view key, timestamp now) {
  const auto* found = rows_.find(key);
  if (found == nullptr) return {};
  if (!is_over(*found, now)) return found->values;
  rows_.erase(*found);
  return {};
}

void kept_rows::recharge(row& r) {
  std::size_t bytes = r.values.size() * sizeof(kept_value);
  for (const auto& one : r.values) bytes += one.heap_bytes();
  rows_.charge(r, bytes);
}

void kept_rows::encode(byte_writer& to) const {
  to.varint(rows_.evicted());
  to.varint(rows_.size());
  for (const auto& one : rows_) {
    to.sized(one.key);
    to.u64(static_cast<std::uint64_t>(one.written.ns));
    for (const auto& v : one.values) encode_value(to, v.view());
  }
}

void kept_rows::decode(byte_reader& from) {
  rows_.count_evicted(from.varint());
  const auto count = from.varint();
  if (count > limits::rule_groups_max) from.fail();
  for (std::uint64_t i = 0; i < count && from.ok(); ++i) {
    const auto key = from.sized_text();
    if (!from.ok() || rows_.find(key) != nullptr) return from.fail();
    auto& made = rows_.add(key);
    made.written.ns = static_cast<std::int64_t>(from.u64());
    for (std::size_t c = 0; c < columns_; ++c) made.values.emplace_back(decode_value(from));
    recharge(made);
  }
}

}  // namespace perigee::rules::detail

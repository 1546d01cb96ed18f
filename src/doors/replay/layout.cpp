#include "doors/replay/layout.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <format>

namespace perigee::doors::replay {
namespace {

using cells = std::vector<std::string>;

constexpr std::size_t sample_rows = 20;
constexpr std::array<char, 3> separators{',', ';', '\t'};
constexpr std::array<std::string_view, 6> time_names{"timestamp", "time", "ts", "datetime", "date", "date_time"};
constexpr std::array<std::string_view, 7> nothings{"", "nan", "null", "na", "n/a", "none", "-"};

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lowered, lowered);
}

std::string json_key(std::string_view metric) {
  std::string out = "\"";
  for (const char c : metric) {
    if (c == '"' || c == '\\') out += '\\';
    // Control characters cannot stand in JSON as they are, and nobody meant them.
    out += static_cast<unsigned char>(c) < 0x20 ? '_' : c;
  }
  return out + "\":";
}

std::vector<cells> sample(csv::byte_source& from, char separator) {
  csv::reader reader(from, separator);
  std::vector<cells> out;
  while (out.size() < sample_rows) {
    const auto got = reader.next();
    if (got == csv::reader::outcome::end) break;
    if (got == csv::reader::outcome::bad) continue;
    auto& row = out.emplace_back();
    for (const auto& field : reader.row()) row.emplace_back(field.text);
  }
  return out;
}

/// More columns are better as long as every row has as many.
std::size_t score(const std::vector<cells>& rows) {
  if (rows.empty()) return 0;
  const auto width = rows.front().size();
  const bool even = std::ranges::all_of(rows, [&](const auto& row) { return row.size() == width; });
  return even ? width : 1;
}

class finder {
 public:
  finder(csv::byte_source& from, const replay_options& options) : options_(options) {
    std::size_t best = 0;
    for (const char separator : separators) {
      auto rows = sample(from, separator);
      if (score(rows) <= best) continue;
      best = score(rows);
      separator_ = separator;
      rows_ = std::move(rows);
    }
  }

  std::expected<csv_layout, diagnostics> run() {
    if (rows_.empty()) return wrong("P0311", "the file has no rows");
    header_ = has_header();
    if (rows_.size() <= (header_ ? 1U : 0U)) return wrong("P0311", "the file has a header and no rows");
    name_columns();
    const auto time = time_column();
    const auto format = time ? format_of(*time) : std::nullopt;
    auto values = value_columns(time);
    if (!wrong_.empty()) return std::unexpected(std::move(wrong_));
    return csv_layout{separator_, header_, names_.size(), *time, *format, std::move(values)};
  }

 private:
  [[nodiscard]] std::span<const cells> data() const { return std::span(rows_).subspan(header_ ? 1 : 0); }

  [[nodiscard]] bool has_header() const {
    if (!options_.time_column.empty() || !options_.columns.empty()) return true;
    return std::ranges::none_of(rows_.front(),
                                [](const auto& cell) { return number_in(cell) || time_format::of_sample(cell); });
  }

  void name_columns() {
    for (std::size_t i = 0; i < rows_.front().size(); ++i) {
      names_.push_back(header_ ? rows_.front()[i] : std::format("column{}", i + 1));
    }
  }

  std::optional<std::size_t> find(std::string_view name) {
    const auto found = std::ranges::find(names_, name);
    if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
    const std::vector<std::string_view> known(names_.begin(), names_.end());
    wrong("P0305", std::format("there is no column '{}'", name), did_you_mean(name, known));
    return std::nullopt;
  }

  std::optional<std::size_t> time_column() {
    if (!options_.time_column.empty()) return find(options_.time_column);
    for (const auto name : time_names) {
      const auto found = std::ranges::find_if(names_, [&](const auto& n) { return equal_ignoring_case(n, name); });
      if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
    }
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (all_of_column(i, [](const auto& cell) { return time_format::of_sample(cell).has_value(); })) return i;
    }
    wrong("P0306", "no column holds times", "name it with time_column, and its format with time_format");
    return std::nullopt;
  }

  std::optional<time_format> format_of(std::size_t column) {
    if (!options_.time_format.empty()) {
      const auto declared = time_format::from(options_.time_format);
      if (!declared)
        wrong("P0310", std::format("'{}' is not a time format", options_.time_format), declared.error().what);
      return declared ? std::optional(*declared) : std::nullopt;
    }
    const auto& cell = data().front().size() > column ? data().front()[column] : names_[column];
    auto found = time_format::of_sample(cell);
    if (!found) {
      wrong("P0306",
            std::format("the times in column '{}', such as '{}', are in no format that is known by itself",
                        names_[column], cell),
            "describe them with time_format, such as \"%d.%m.%Y %H:%M:%S\"");
    }
    return found;
  }

  std::vector<value_column> value_columns(std::optional<std::size_t> time) {
    std::vector<value_column> out;
    for (const auto& one : options_.columns) {
      const auto index = find(one.name);
      if (index) out.push_back({*index, json_key(one.metric.empty() ? one.name : one.metric), one.decimals});
    }
    if (!options_.columns.empty()) return out;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (i != time && is_mostly_numbers(i)) out.push_back({i, json_key(names_[i]), std::nullopt});
    }
    if (out.empty()) wrong("P0307", "no column holds numbers", "name the columns with [[replay.column]]");
    return out;
  }

  /// One bad cell is an error to show, not a reason to leave its column out.
  [[nodiscard]] bool is_mostly_numbers(std::size_t column) const {
    std::size_t numbers = 0;
    std::size_t others = 0;
    for (const auto& row : data()) {
      if (column >= row.size() || says_nothing(row[column])) continue;
      ++(number_in(row[column]) ? numbers : others);
    }
    return numbers > others;
  }

  [[nodiscard]] bool all_of_column(std::size_t column, auto&& is) const {
    return std::ranges::all_of(data(), [&](const auto& row) { return column < row.size() && is(row[column]); });
  }

  std::unexpected<diagnostics> wrong(std::string code, std::string message, std::string help = {}) {
    diagnostic d;
    d.code = std::move(code);
    d.file = options_.file;
    d.message = std::move(message);
    d.help = std::move(help);
    wrong_.push_back(std::move(d));
    return std::unexpected(wrong_);
  }

  const replay_options& options_;
  char separator_ = ',';
  std::vector<cells> rows_;
  bool header_ = true;
  std::vector<std::string> names_;
  diagnostics wrong_;
};

}  // namespace

std::expected<csv_layout, diagnostics> find_layout(csv::byte_source& from, const replay_options& options) {
  return finder(from, options).run();
}

std::optional<double> number_in(std::string_view cell) {
  if (cell.starts_with('+') && !cell.starts_with("+-")) cell.remove_prefix(1);
  double out = 0;
  const auto* end = cell.data() + cell.size();
  const auto parsed = std::from_chars(cell.data(), end, out);
  if (parsed.ec != std::errc() || parsed.ptr != end || !std::isfinite(out)) return std::nullopt;
  return out;
}

bool says_nothing(std::string_view cell) {
  return std::ranges::any_of(nothings, [&](auto one) { return equal_ignoring_case(cell, one); });
}

}  // namespace perigee::doors::replay

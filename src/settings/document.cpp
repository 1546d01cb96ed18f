#include "settings/document.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "base/limits.hpp"
#include "base/toml.hpp"

namespace perigee::settings {
namespace {

// No option is nested this deep; what is below is dropped, and its parent refused by name.
constexpr unsigned depth_max = 8;

/// Lines of a text by number; toml++ counts code points, a diagnostic bytes.
class ruler {
 public:
  explicit ruler(std::string_view text) {
    for (std::size_t start = 0; start <= text.size();) {
      const auto end = std::min(text.find('\n', start), text.size());
      lines_.push_back(text.substr(start, end - start));
      start = end + 1;
    }
  }

  [[nodiscard]] position at(const toml::source_region& region) const {
    position p;
    p.line = region.begin.line;
    p.column = bytes_to(region.begin);
    if (region.end.line == region.begin.line) p.length = std::max(1U, bytes_to(region.end) - p.column);
    return p;
  }

 private:
  [[nodiscard]] std::uint32_t bytes_to(const toml::source_position& where) const {
    if (where.line == 0 || where.line > lines_.size()) return where.column;
    const auto line = lines_[where.line - 1];
    std::size_t byte = 0;
    for (std::uint32_t points = 1; byte < line.size(); ++byte) {
      const bool continues = (static_cast<unsigned char>(line[byte]) & 0xc0) == 0x80;
      if (!continues && points++ == where.column) break;
    }
    return static_cast<std::uint32_t>(byte + 1);
  }

  std::vector<std::string_view> lines_;
};

/// A key such as a.a.a.a... of a hostile file would become a tree too deep to destroy: the line that is one, or 0.
std::uint32_t line_of_deep_key(std::string_view text) {
  std::uint32_t line = 1;
  unsigned dots = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++line;
      dots = 0;
    }
    // Two dots side by side are a comment's ellipsis, never a key.
    const bool alone = text[i] == '.' && (i == 0 || text[i - 1] != '.');
    if (alone && ++dots > limits::config_key_dots_max) return line;
  }
  return 0;
}

value convert(const toml::node& from, const ruler& lines, unsigned depth);

value::table convert_table(const toml::table& from, const ruler& lines, unsigned depth) {
  value::table out;
  if (depth >= depth_max) return out;
  for (const auto& [key, node] : from)
    out.push_back({std::string(key.str()), lines.at(key.source()), convert(node, lines, depth + 1)});
  return out;
}

value::array convert_array(const toml::array& from, const ruler& lines, unsigned depth) {
  value::array out;
  if (depth >= depth_max) return out;
  for (const auto& node : from) out.push_back(convert(node, lines, depth + 1));
  return out;
}

value convert(const toml::node& from, const ruler& lines, unsigned depth) {
  value out;
  out.at = lines.at(from.source());
  if (const auto* flag = from.as_boolean()) out.data = flag->get();
  if (const auto* whole = from.as_integer()) out.data = whole->get();
  if (const auto* number = from.as_floating_point()) out.data = number->get();
  if (const auto* text = from.as_string()) out.data = text->get();
  if (const auto* list = from.as_array()) out.data = convert_array(*list, lines, depth);
  if (const auto* members = from.as_table()) out.data = convert_table(*members, lines, depth);
  return out;
}

}  // namespace

const value* value::find(std::string_view key) const {
  const auto* members = as<table>();
  if (members == nullptr) return nullptr;
  const auto found = std::ranges::find(*members, key, &entry::key);
  return found == members->end() ? nullptr : &found->content;
}

std::string_view value::kind() const {
  constexpr std::string_view names[] = {"a date or time", "true or false", "a whole number", "a number",
                                        "a text",         "a list",        "a table"};
  return names[data.index()];
}

std::expected<value, diagnostic> parse_document(source_text source, std::size_t bytes_max) {
  if (source.text.size() > bytes_max) {
    return std::unexpected(source.at(0, 1, "P0100", std::format("the file is over {} KiB", bytes_max / 1024)));
  }
  if (const auto line = line_of_deep_key(source.text); line != 0) {
    return std::unexpected(
        source.at_line(line, 1, "P0101", std::format("more than {} dots in one line", limits::config_key_dots_max)));
  }
  const ruler lines(source.text);
  const auto parsed = toml::parse(source.text, source.file);
  if (parsed.failed()) {
    const auto& error = parsed.error();
    const auto where = lines.at(error.source());
    return std::unexpected(source.at_line(where.line, where.column, "P0101", std::string(error.description()),
                                          "the file is TOML (toml.io, version 1.0)"));
  }
  value root;
  root.data = convert_table(parsed.table(), lines, 0);
  return root;
}

}  // namespace perigee::settings

#include "base/diagnostic.hpp"

#include <algorithm>
#include <format>
#include <iterator>
#include <numeric>

namespace perigee {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

bool continues_a_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }  // UTF-8

/// What stands under the excerpt. Positions are bytes, a terminal shows characters; a tab stays a tab, so that the
/// caret lines up whatever a tab's width is.
std::string underline(std::string_view excerpt, std::size_t before, std::size_t length) {
  std::string out(excerpt.substr(0, before));
  std::erase_if(out, continues_a_character);
  std::ranges::replace_if(out, [](char c) { return c != '\t'; }, ' ');
  const auto marked = excerpt.substr(std::min(before, excerpt.size()), length);
  const auto hidden = static_cast<std::size_t>(std::ranges::count_if(marked, continues_a_character));
  return out.append(std::max<std::size_t>(length, hidden + 1) - hidden, '^');
}

std::string_view line_of(std::string_view text, std::size_t start) {
  const auto end = text.find('\n', start);
  auto line = text.substr(start, end == std::string_view::npos ? end : end - start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::string diagnostic::render() const {
  std::string out = file;
  if (line != 0) std::format_to(std::back_inserter(out), ":{}:{}", line, column);
  std::format_to(std::back_inserter(out), ": error {}: {}\n", code, message);
  if (line != 0) {
    std::format_to(std::back_inserter(out), "  {:>4} | {}\n       | {}\n", line, excerpt,
                   underline(excerpt, column == 0 ? 0 : column - 1, length));
  }
  if (!help.empty()) std::format_to(std::back_inserter(out), "       = help: {}\n", help);
  return out;
}

std::string render_all(std::span<const diagnostic> all) {
  std::string out;
  for (const auto& one : all) out += one.render() + '\n';
  if (!all.empty()) std::format_to(std::back_inserter(out), "{} error{}\n", all.size(), all.size() == 1 ? "" : "s");
  return out;
}

diagnostic source_text::at(std::size_t position, std::size_t length, std::string code, std::string message,
                           std::string help) const {
  position = std::min(position, text.size());
  const auto before = text.substr(0, position);
  const auto newline = before.rfind('\n');
  const auto start = newline == std::string_view::npos ? 0 : newline + 1;
  const auto excerpt = line_of(text, start);
  diagnostic d;
  d.code = std::move(code);
  d.file = file;
  d.line = static_cast<std::uint32_t>(std::ranges::count(before, '\n') + 1);
  d.column = static_cast<std::uint32_t>(position - start + 1);
  const auto room = excerpt.size() > position - start ? excerpt.size() - (position - start) : 1;
  d.length = static_cast<std::uint32_t>(std::clamp<std::size_t>(length, 1, room));
  d.message = std::move(message);
  d.help = std::move(help);
  d.excerpt = excerpt;
  return d;
}

diagnostic source_text::at_line(std::uint32_t line, std::uint32_t column, std::string code, std::string message,
                                std::string help) const {
  std::size_t start = 0;
  for (std::uint32_t i = 1; i < line; ++i) {
    const auto newline = text.find('\n', start);
    if (newline == std::string_view::npos) break;
    start = newline + 1;
  }
  const auto width = line_of(text, start).size();
  const auto inside = std::min<std::size_t>(column == 0 ? 0 : column - 1, width);
  return at(start + inside, 1, std::move(code), std::move(message), std::move(help));
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::string_view nearest;
  for (const auto candidate : known) {
    const auto distance = edit_distance(word, candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest.empty() ? std::string() : std::format("did you mean '{}'?", nearest);
}

}  // namespace perigee

#pragma once
// What is wrong with a file that a person wrote, said so that they can mend it (promise P11): where, the line itself, a
// caret, what would be right, and a stable code.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace perigee {

struct diagnostic {
  std::string code;  // "P0123": `perigee explain` tells more about it
  std::string file;
  std::uint32_t line = 0;    // from 1; 0 = the file as a whole
  std::uint32_t column = 0;  // from 1, in bytes
  std::uint32_t length = 1;  // of what the caret underlines, within one line
  std::string message;       // "unknown function 'averge'"
  std::string help;          // "did you mean 'average'?"; may be empty
  std::string excerpt;       // the offending line, without its line break

  /// file:line:column: error P0123: message, the excerpt, the caret, and the help.
  [[nodiscard]] std::string render() const;
};

using diagnostics = std::vector<diagnostic>;

/// Every diagnostic rendered, and a closing line that counts them.
[[nodiscard]] std::string render_all(std::span<const diagnostic> all);

/// One text with its name, for making diagnostics that point into it.
struct source_text {
  std::string_view file;
  std::string_view text;

  /// A diagnostic at a byte position of `text` (clamped to its end).
  [[nodiscard]] diagnostic at(std::size_t position, std::size_t length, std::string code, std::string message,
                              std::string help = {}) const;
  /// The same where a parser gives line and column, both from 1.
  [[nodiscard]] diagnostic at_line(std::uint32_t line, std::uint32_t column, std::string code, std::string message,
                                   std::string help = {}) const;
};

/// "did you mean 'x'?" for the nearest of `known` within a third of the word's length; empty where none is near.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

}  // namespace perigee

#pragma once
// Characters to tokens: SQL words, names, literals and symbols, each with its place in the file.

#include <string>
#include <string_view>
#include <vector>

#include "rules/detail/problems.hpp"

namespace perigee::rules::detail {

enum class token_kind : std::uint8_t {
  end,
  word,    // SELECT, temperature
  quoted,  // "odd name", never a keyword
  text,    // 'it''s'
  number,
  symbol,
  broken,  // already reported; no second message about it
};

struct token {
  token_kind kind = token_kind::end;
  range where;
  std::string text;  // decoded: without quotes, doubled quotes as one
  double number = 0;

  /// SQL words do not care about case. `upper` is written in capitals.
  [[nodiscard]] bool is_word(std::string_view upper) const;
  [[nodiscard]] bool is(std::string_view symbol) const { return kind == token_kind::symbol && text == symbol; }
};

/// Text to lex and where it stands in the file. A string of the header that was written with escapes does not lie in
/// the file as it reads: then every token stands where the string does.
struct located_text {
  std::string_view text;
  std::uint32_t at = 0;
  bool exact = true;

  [[nodiscard]] range place(std::size_t offset, std::size_t length) const {
    return exact ? range{at + static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(length)} : range{at, 1};
  }
  [[nodiscard]] located_text part(std::size_t offset, std::size_t length) const {
    return {text.substr(offset, length), exact ? at + static_cast<std::uint32_t>(offset) : at, exact};
  }
};

/// All tokens of `in`, ended by one of kind `end`. What is no token is reported and left out.
[[nodiscard]] std::vector<token> lex(located_text in, problems& wrong);

[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace perigee::rules::detail

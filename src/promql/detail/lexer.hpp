#pragma once
// Characters to tokens: names, literals and symbols, each with its place in the query.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promql/fault.hpp"

namespace perigee::promql::detail {

enum class token_kind : std::uint8_t {
  end,
  name,  // a metric, a label, a function or a keyword
  number,
  duration,
  text,
  symbol,
};

struct token {
  token_kind kind = token_kind::end;
  std::uint32_t at = 0;  // bytes from the query's begin
  std::string text;      // decoded: of a text without quotes and escapes
  double number = 0;     // of a duration in seconds

  [[nodiscard]] bool is(std::string_view symbol) const { return kind == token_kind::symbol && text == symbol; }
  /// Keywords do not care about case; `lower` is written in small letters.
  [[nodiscard]] bool is_word(std::string_view lower) const;
};

/// All tokens, ended by one of kind `end`.
[[nodiscard]] outcome<std::vector<token>> lex(std::string_view query);

/// "5m", "1h30m", units from the largest to the smallest, in seconds; nullopt for anything else.
[[nodiscard]] std::optional<double> duration_seconds(std::string_view text);

[[nodiscard]] bool equal_ignoring_case(std::string_view text, std::string_view lower);

/// A syntax error as Prometheus words it, with the line and column of the byte `at`.
[[nodiscard]] std::unexpected<fault> parse_error(std::string_view query, std::size_t at, std::string_view message);

}  // namespace perigee::promql::detail

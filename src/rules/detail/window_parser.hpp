#pragma once
// TUMBLINGWINDOW(ss, 10) and its like, as eKuiper writes them.

#include <optional>

#include "rules/detail/syntax.hpp"
#include "rules/detail/token_cursor.hpp"

namespace perigee::rules::detail {

[[nodiscard]] bool is_window(const token& t);
/// From the window's name to its closing parenthesis. Nothing where something was reported.
[[nodiscard]] std::optional<window_clause> parse_window(token_cursor& tokens);

/// "10s", "5 m", "1h", "2d", "100ms": what the header of a rule and FOR take. Nothing for anything else and for what is
/// over limits::rule_window_seconds_max.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// 10 SECONDS, 1 MINUTE, 500 MILLISECONDS. Nothing where something was reported.
[[nodiscard]] std::optional<std::chrono::nanoseconds> parse_spelled_duration(token_cursor& tokens);

}  // namespace perigee::rules::detail

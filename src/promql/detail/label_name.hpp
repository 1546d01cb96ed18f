#pragma once

#include <algorithm>
#include <string_view>

namespace perigee::promql::detail {

/// Whether the text may name a label: [a-zA-Z_][a-zA-Z0-9_]*.
[[nodiscard]] constexpr bool is_label_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return letter(c) || digit(c); });
}

}  // namespace perigee::promql::detail

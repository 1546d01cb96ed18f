#pragma once
// Numbers at a declared resolution, as text.

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

namespace perigee {

/// Appends `x` rounded to `decimals` (at most 15) digits behind the point, never "-0.00" and never an exponent. What is
/// not finite or too large to have decimals is "null".
inline void append_decimal(std::string& out, double x, unsigned decimals) {
  if (!std::isfinite(x) || std::abs(x) >= 1e18) {
    out += "null";
    return;
  }
  std::array<char, 48> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), x, std::chars_format::fixed,
                                 static_cast<int>(decimals))
                       .ptr;
  std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  if (text.starts_with('-') && text.find_first_not_of("-0.") == std::string_view::npos) text.remove_prefix(1);
  out += text;
}

}  // namespace perigee

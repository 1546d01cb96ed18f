#pragma once

#include <string>

#include "base/bytes.hpp"

namespace perigee::identity::detail {

/// Lower-case, two digits a byte.
[[nodiscard]] inline std::string to_hex(byte_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const auto b : bytes) {
    out += digits[b >> 4];
    out += digits[b & 15];
  }
  return out;
}

}  // namespace perigee::identity::detail

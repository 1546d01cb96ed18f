#pragma once
// What `perigee explain P03xx` says.

#include <span>
#include <string_view>

namespace perigee::doors::replay {

struct code_text {
  std::string_view code;   // "P0308"
  std::string_view title;  // "not a time"
  std::string_view text;   // how it comes about and how to mend it
};

/// Every code that looking at a CSV can give, in order.
[[nodiscard]] std::span<const code_text> code_texts();

}  // namespace perigee::doors::replay

#pragma once
// What `perigee explain P02xx` says.

#include <span>
#include <string_view>

namespace perigee::rules {

struct code_text {
  std::string_view code;   // "P0205"
  std::string_view title;  // "unknown function"
  std::string_view text;   // how it comes about and how to mend it
};

/// Every code that loading rules and their tests can give, in order.
[[nodiscard]] std::span<const code_text> code_texts();

}  // namespace perigee::rules

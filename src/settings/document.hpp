#pragma once
// A TOML text as a plain tree with a position on every value, so that the parser's header (slow to compile) stays in
// document.cpp.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/diagnostic.hpp"

namespace perigee::settings {

/// From 1, in bytes; line 0 is the document as a whole.
struct position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;
};

struct entry;
struct value {
  struct other {};  // dates and times: no option has one
  using array = std::vector<value>;
  using table = std::vector<entry>;

  position at;
  std::variant<other, bool, std::int64_t, double, std::string, array, table> data;

  template <class T>
  [[nodiscard]] const T* as() const {
    return std::get_if<T>(&data);
  }
  /// The member of a table; null where there is none, or where this is no table.
  [[nodiscard]] const value* find(std::string_view key) const;
  /// "a whole number", for messages.
  [[nodiscard]] std::string_view kind() const;
};

struct entry {
  std::string key;
  position at;
  value content;
};

/// The root table of a text of at most `bytes_max` bytes. A syntax error ends the parse: what follows it cannot be told
/// apart.
[[nodiscard]] std::expected<value, diagnostic> parse_document(source_text source, std::size_t bytes_max);

}  // namespace perigee::settings

#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace perigee::promql::detail {

struct quoted {
  std::string text;        // without quotes and escapes
  std::size_t length = 0;  // as written, with them
};

/// The text that `from` begins with, in ", ' or ` quotes: the escapes of Go's strings, none in `. Else what is wrong.
[[nodiscard]] std::expected<quoted, const char*> read_quoted(std::string_view from);

}  // namespace perigee::promql::detail

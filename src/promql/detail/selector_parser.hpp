#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "promql/detail/ast.hpp"
#include "promql/detail/token_reader.hpp"

namespace perigee::promql::detail {

/// `name`, `name{...}` or `{...}`: the reader stands at the name or the brace.
[[nodiscard]] outcome<std::vector<matcher>> read_matchers(token_reader& in);

/// `(a, b)`: the names of labels.
[[nodiscard]] outcome<std::vector<std::string>> read_label_names(token_reader& in);

/// A positive duration, or a number of seconds, in milliseconds.
[[nodiscard]] outcome<std::int64_t> read_duration(token_reader& in, std::string_view what);

/// `offset 5m` and `@ 1700000000`, either once, in any order, where they stand.
[[nodiscard]] outcome<> read_shift(token_reader& in, time_shift& into);

}  // namespace perigee::promql::detail

#pragma once

#include <string>
#include <string_view>

#include "promql/query.hpp"

namespace perigee::api {

/// `data` of a query's answer: `{"resultType":"vector","result":[...]}`. A fault of kind execution where that takes
/// more than limits::promql_answer_bytes_max.
[[nodiscard]] promql::outcome<std::string> to_prometheus_json(const promql::answer& of);
[[nodiscard]] std::string to_prometheus_json(const promql::labels& of);
/// A text in quotes, escaped; of what is not UTF-8, U+FFFD: a query can spell any byte.
[[nodiscard]] std::string quoted_json(std::string_view text);

}  // namespace perigee::api

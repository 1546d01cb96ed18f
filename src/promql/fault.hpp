#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/error.hpp"  // PG_TRY unwraps an outcome too

namespace perigee::promql {

/// Why a query has no answer, in a sentence made for its writer: it names the position or the offending series, so it
/// is more than an `error` can carry.
struct fault {
  enum class kind {
    bad_data,   // the query or a parameter is wrong
    execution,  // it cannot be evaluated: too much is asked for, or labels are ambiguous
    timeout,    // its time is up
    internal,   // the series cannot be read
  };
  kind what;
  std::string message;
};

template <class T = void>
using outcome = std::expected<T, fault>;

[[nodiscard]] inline std::unexpected<fault> bad_data(std::string message) {
  return std::unexpected(fault{fault::kind::bad_data, std::move(message)});
}
[[nodiscard]] inline std::unexpected<fault> cannot_execute(std::string message) {
  return std::unexpected(fault{fault::kind::execution, std::move(message)});
}

}  // namespace perigee::promql

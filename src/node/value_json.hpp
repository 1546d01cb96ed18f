#pragma once

#include <boost/json/value.hpp>

#include "model/reading.hpp"

namespace perigee::node {

/// A number, a bool or a text; null for what JSON has no word for: no value, NaN, infinity, bytes.
[[nodiscard]] boost::json::value to_json(const model::value& v);
/// Null where it is not finite.
[[nodiscard]] boost::json::value number_or_null(double x);

}  // namespace perigee::node

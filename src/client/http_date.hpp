#pragma once

#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace perigee::client {

/// A `Date` field as every server of today writes it (RFC 9110 5.6.7, IMF-fixdate): "Sun, 06 Nov 1994 08:49:37 GMT".
/// Nothing for another text, and for a day that there is not. The day of the week is not compared.
[[nodiscard]] std::optional<timestamp> read_http_date(std::string_view text);

}  // namespace perigee::client

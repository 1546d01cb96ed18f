#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace perigee {

/// Any bytes as one piece of a URL: what is not unreserved becomes %XX (RFC 3986 2.1 and 2.3).
[[nodiscard]] std::string percent_encode(std::string_view text);
/// The bytes again; nothing where a `%` is not followed by two hexadecimal digits. A `+` is a `+`.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

}  // namespace perigee

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace perigee {

/// Bytes of the UTF-8 character at the front of a text that is not empty (RFC 3629 4); 0 where there is none.
[[nodiscard]] std::size_t utf8_character_bytes(std::string_view text);

/// The text with U+FFFD for each byte that belongs to no UTF-8 character: what JSON may carry (RFC 8259 8.1).
[[nodiscard]] std::string in_utf8(std::string text);

}  // namespace perigee

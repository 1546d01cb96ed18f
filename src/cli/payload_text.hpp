#pragma once
// Payloads for a person: text as it is, anything else as hexadecimal.

#include <string>

#include "base/bytes.hpp"

namespace perigee::cli {

/// Well-formed UTF-8 without control characters.
[[nodiscard]] bool is_text(byte_view payload);
/// The same, and line ends and tabs: what JSON can carry as a string that a person can read.
[[nodiscard]] bool is_text_of_lines(byte_view payload);
/// The text, or "0x" and two digits a byte.
[[nodiscard]] std::string payload_text(byte_view payload);

}  // namespace perigee::cli

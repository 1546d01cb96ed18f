#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace perigee::crypto {

/// RFC 4648 4: with padding, as SCRAM has it, or without, as the PHC string format has it.
enum class padding { with, without };
[[nodiscard]] std::string to_base64(byte_view bytes, padding p);
/// errc::malformed for anything but the one text that to_base64 gives: an attacker has no second spelling of a value.
[[nodiscard]] result<byte_buffer> from_base64(std::string_view text, padding p);

}  // namespace perigee::crypto

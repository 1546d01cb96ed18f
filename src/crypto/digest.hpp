#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.hpp"

namespace perigee::crypto {

/// RFC 1321 and FIPS 180-4. The first two protect nothing any more; they name things.
enum class digest_kind : std::uint8_t { md5, sha1, sha224, sha256, sha384, sha512 };
[[nodiscard]] byte_buffer digest(digest_kind kind, byte_view of);

/// Two small hexadecimal digits a byte.
[[nodiscard]] std::string to_hex(byte_view bytes);

}  // namespace perigee::crypto

#pragma once
// Between the values of this folder and OpenSSL's.

#include <string>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "crypto/openssl.hpp"

namespace perigee::identity::detail {

/// Lower-case, two digits a byte.
[[nodiscard]] std::string to_hex(byte_view bytes);
/// A serial number as hexadecimal without zeros in front; empty for one that RFC 5280 4.1.2.2 does not have: negative,
/// or of more than 20 octets.
[[nodiscard]] std::string serial_text(const ASN1_INTEGER* serial);
/// A serial number of such a text; null where it is none.
[[nodiscard]] crypto::integer_ptr integer_of(const std::string& serial);
/// To the second.
[[nodiscard]] crypto::time_ptr time_of(timestamp t);

}  // namespace perigee::identity::detail

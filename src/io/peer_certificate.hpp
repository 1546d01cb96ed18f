#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/time.hpp"

namespace perigee::io {

/// What tells the certificate that a peer has shown from every other one. Hexadecimal is lower-case. Where a proxy has
/// verified it, all is empty: only the name is known.
struct peer_certificate {
  std::string issuer;  // its authority's key identifier (RFC 5280 4.2.1.1), or 20 bytes of a hash of the issuer's name
  std::string serial;  // without zeros in front
  timestamp not_before{};
  timestamp not_after{};
  std::array<std::uint8_t, 32> fingerprint{};  // SHA-256 of its DER
  std::string lapsed_owner{};                  // whom it named until it expired; empty while it is valid
};

}  // namespace perigee::io

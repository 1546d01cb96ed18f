#pragma once
// What proves that somebody knows a secret without keeping the secret: Argon2id (RFC 9106), PBKDF2 (RFC 8018), HMAC
// (RFC 2104) and SHA-256, and a comparison that takes as long whatever differs. OpenSSL does the work; nothing here
// draws randomness.

#include <array>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace perigee::crypto {

inline constexpr std::size_t digest_bytes = 32;
using digest = std::array<std::uint8_t, digest_bytes>;  // of SHA-256

[[nodiscard]] digest sha256(byte_view text);
[[nodiscard]] digest hmac_sha256(byte_view key, byte_view text);
/// `iterations` from 1 on. The time it takes is proportional to them: about 2 ms for 4096.
[[nodiscard]] digest pbkdf2_sha256(byte_view password, byte_view salt, std::uint32_t iterations);

/// RFC 9106 3.1. The defaults are what OWASP advises for a server: about 30 ms and 19 MiB for one password.
struct argon2_cost {
  std::uint32_t memory_kib = 19'456;  // at least 8 for each lane
  std::uint32_t passes = 2;           // at least 1
  std::uint32_t lanes = 1;            // computed one after another, in the caller's thread

  bool operator==(const argon2_cost&) const = default;
};
struct argon2_input {
  byte_view password;
  byte_view salt;          // 8 bytes or more
  byte_view secret{};      // "K": a key that is kept elsewhere
  byte_view associated{};  // "X"
};
/// Fills `out`, 4 bytes or more. errc::full where the memory is not there; errc::malformed where the cost, the salt or
/// the size is not one that Argon2 has.
[[nodiscard]] result<> argon2id(const argon2_input& of, const argon2_cost& cost, byte_span out);

/// Whether both are the same bytes; the time tells nothing but their sizes.
[[nodiscard]] bool same_secret(byte_view a, byte_view b);

}  // namespace perigee::crypto

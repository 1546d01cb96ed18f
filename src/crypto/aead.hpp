#pragma once
// Authenticated encryption, and keys from keys. OpenSSL does the work; nothing here draws randomness or does IO.

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace perigee::crypto {

inline constexpr std::size_t key_bytes = 32;
inline constexpr std::size_t nonce_bytes = 12;
inline constexpr std::size_t tag_bytes = 16;
using key = std::array<std::uint8_t, key_bytes>;
using nonce = std::array<std::uint8_t, nonce_bytes>;

/// HKDF with SHA-256 (RFC 5869): one key of 32 bytes for each salt and info.
[[nodiscard]] key derive_key(byte_view secret, byte_view salt, byte_view info);

/// 32 raw bytes, or 64 hexadecimal digits with or without an end of line. errc::malformed.
[[nodiscard]] result<key> parse_key(byte_view text);

/// AES-256-GCM (NIST SP 800-38D) under one key. The key is expanded once, and no call allocates. A nonce is used for
/// one `seal` ever under one key: the caller sees to that. One thread at a time.
class aead {
 public:
  explicit aead(const key& with);

  /// The ciphertext and behind it the tag, into `out`: exactly tag_bytes longer than `plain`, and not the same memory.
  void seal(const nonce& once, byte_view associated, byte_view plain, byte_span out);
  /// The plain text into `out`, exactly tag_bytes shorter than `sealed`. errc::corrupt where any byte of the key,
  /// nonce, associated data, ciphertext or tag is another: then what is in `out` is not to be used.
  [[nodiscard]] result<> open(const nonce& once, byte_view associated, byte_view sealed, byte_span out);

 private:
  struct context_free {
    void operator()(void* context) const;
  };
  using context = std::unique_ptr<void, context_free>;

  context sealing_;
  context opening_;
};

}  // namespace perigee::crypto

#pragma once
// What a user file keeps in place of a password or a token, and whether one fits. Layouts: docs/formats/users.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/password.hpp"

namespace perigee::access {

/// Argon2id with its salt and cost, as the PHC string `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`.
struct password_hash {
  crypto::argon2_cost cost;
  byte_buffer salt;
  byte_buffer hash;

  /// errc::malformed; errc::too_large where the cost is over limits::access_hash_memory_kib_max or this program's bound
  /// on passes, so that no file can stop a node.
  [[nodiscard]] static result<password_hash> parse(std::string_view text);
  /// `salt`: 16 random bytes. errc::full: no memory.
  [[nodiscard]] static result<password_hash> make(byte_view password, byte_view salt, const crypto::argon2_cost& cost);
  [[nodiscard]] std::string text() const;
  /// Whether the password is the one; takes as long either way. Some 30 ms: not on a shard. errc::full: no memory.
  [[nodiscard]] result<bool> fits(byte_view password) const;
};

/// What a new verifier takes: about 20 ms of a client's time. An unknown user is told the same.
inline constexpr std::uint32_t scram_iterations = 65'536;

/// What a server of SCRAM-SHA-256 keeps (RFC 5802 3, RFC 7677), written as PostgreSQL does:
/// `SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY`.
struct scram_verifier {
  std::uint32_t iterations = 0;
  byte_buffer salt;
  crypto::digest stored_key{};
  crypto::digest server_key{};

  /// errc::malformed; errc::too_large where the iterations are not within limits::access_scram_iterations_min and _max.
  [[nodiscard]] static result<scram_verifier> parse(std::string_view text);
  /// The password must be printable ASCII, which SASLprep (RFC 4013) leaves as it is: errc::unsupported otherwise.
  [[nodiscard]] static result<scram_verifier> make(std::string_view password, byte_view salt, std::uint32_t iterations);
  [[nodiscard]] std::string text() const;
};

/// A token is `pgt_` and 256 random bits as 64 hexadecimal digits; the file keeps their SHA-256, which nobody can turn
/// round: so many bits need no slow hash.
inline constexpr std::string_view token_prefix = "pgt_";
inline constexpr std::size_t token_random_bytes = 32;
[[nodiscard]] std::string make_token(byte_view random);
[[nodiscard]] bool is_token(std::string_view text);
[[nodiscard]] crypto::digest digest_of_token(std::string_view token);

[[nodiscard]] std::string to_hexadecimal(byte_view bytes);
/// Nothing where the text is not 64 hexadecimal digits.
[[nodiscard]] std::optional<crypto::digest> digest_in_hexadecimal(std::string_view text);

}  // namespace perigee::access

#pragma once
// Which keys and signatures are taken, and which our own signatures are.

#include <openssl/types.h>

#include "base/error.hpp"

namespace perigee::identity::detail {

/// EC P-256 or P-384 by its name, Ed25519, or RSA of 2048 to 4096 bits with an exponent of 65537 or more.
/// refusal::weak_key. Cheap whatever the key is, so it comes before any signature is checked with it.
[[nodiscard]] result<> check_key(const EVP_PKEY* key);

/// ECDSA, RSA (PKCS #1 v1.5) with SHA-256, SHA-384 or SHA-512, or Ed25519. refusal::weak_signature.
[[nodiscard]] result<> check_signature_algorithm(int signature_nid);

/// The digest that a key of ours signs with; null for Ed25519, which has its own.
[[nodiscard]] const EVP_MD* digest_for(const EVP_PKEY* key);

}  // namespace perigee::identity::detail

#pragma once

#include "control/attestation/keys.hpp"

namespace perigee::control::attestation {

/// What TPM2_ActivateCredential takes, both as TPM2Bs.
struct credential {
  byte_buffer blob{};              // TPM2B_ID_OBJECT
  byte_buffer encrypted_secret{};  // TPM2B_ENCRYPTED_SECRET
};

/// TPM2_MakeCredential (TPM 2.0 Part 1, 24): `secret` for whoever has both the endorsement key and, in the same TPM, a
/// key of this name. `secret` has at most as many bytes as the endorsement key's name digest. OpenSSL draws the
/// randomness. refusal::weak_endorsement_key, and malformed_key where OpenSSL finds fault with it.
[[nodiscard]] outcome<credential> make_credential(const tpm_key& endorsement, byte_view name, byte_view secret);

}  // namespace perigee::control::attestation

#pragma once
// Keys of a TPM as their public areas describe them: what they are good for, and what they signed.

#include "control/attestation/refusal.hpp"
#include "identity/private_key.hpp"
#include "wire/tpm/structures.hpp"

namespace perigee::control::attestation {

/// A key of a TPM, by what is public of it.
struct tpm_key {
  wire::tpm::public_area area;
  identity::public_key key;
};

/// A TPM2B_PUBLIC: RSA of 2048 to 4096 bits, ECC P-256 or P-384, whose name is a SHA-256 or SHA-384 digest.
/// refusal::malformed_key.
[[nodiscard]] outcome<tpm_key> read_key(byte_view tpm2b_public);
/// The name of a key (TPM 2.0 Part 1, 16): the number of the digest and the digest of its public area.
[[nodiscard]] byte_buffer name_of(const wire::tpm::public_area& area);

/// Restricted to decryption and fixed to its TPM, with AES in CFB mode beneath it: what ActivateCredential wants.
/// refusal::weak_endorsement_key.
[[nodiscard]] outcome<> check_endorsement_key(const tpm_key& key);
/// Restricted to signing, made by its TPM and fixed to it: it signs nothing that looks like an attestation and is
/// none (TPM 2.0 Part 1, 25.1.7). refusal::weak_attestation_key.
[[nodiscard]] outcome<> check_attestation_key(const tpm_key& key);
/// Whether the key was made by its TPM and stays there.
[[nodiscard]] bool stays_in_its_tpm(const wire::tpm::public_area& area);

/// Whether `by` signed these bytes, with SHA-256 or better. refusal::malformed_attestation for a signature that is
/// none or of a digest that is not taken; refusal::bad_signature.
[[nodiscard]] outcome<> check_signature(const tpm_key& by, byte_view bytes, byte_view tpmt_signature);
/// The digest that a signature is made with. refusal::malformed_attestation.
[[nodiscard]] outcome<wire::tpm::algorithm> digest_of_signature(byte_view tpmt_signature);

}  // namespace perigee::control::attestation

#pragma once
// The commands of a TPM 2.0 (TPM 2.0 Part 3) with which a machine makes its keys and attests itself, and what the TPM
// answers. Bytes in, bytes out: who carries them is somebody else's business (io/tpm_device.hpp). Authorisations are
// empty, as they are on a machine whose owner has set none, and sessions are not encrypted.

#include <cstdint>
#include <system_error>
#include <utility>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "wire/tpm/structures.hpp"

namespace perigee::wire::tpm {

/// TPM_HANDLE (Part 2, 7): a hierarchy, a session, or a key, whether loaded or persistent.
enum class handle : std::uint32_t {
  owner = 0x4000'0001,
  null = 0x4000'0007,
  password = 0x4000'0009,  // an authorisation in place of a session
  endorsement = 0x4000'000B,
};
/// Where an owner's keys persist (Part 2, 7.5; TCG Registry of Reserved TPM 2.0 Handles).
inline constexpr std::uint32_t persistent_first = 0x8100'0000;
inline constexpr std::uint32_t persistent_last = 0x817F'FFFF;

/// What a TPM answered that is not success (TPM_RC: Part 2, 6.6), as it numbers it.
const std::error_category& response_category() noexcept;

/// The public areas (TPM2B_PUBLIC) that keys are made from.
namespace key_template {
/// The endorsement key of a TPM by its maker's certificate: TCG EK Credential Profile 2.5, B.3.3 (L-1) and B.3.4 (L-2).
[[nodiscard]] byte_buffer endorsement_rsa();
[[nodiscard]] byte_buffer endorsement_ecc();
/// An attestation key: restricted to signing, ECDSA with SHA-256 on P-256. The same in each TPM ever made from it.
[[nodiscard]] byte_buffer attestation();
/// A key for certificates and TLS: P-256, signs what it is given. Another one for each `unique`, of 32 bytes.
[[nodiscard]] byte_buffer signing(byte_view unique);
}  // namespace key_template

// Commands

/// Makes the key of a hierarchy that this template gives.
[[nodiscard]] byte_buffer create_primary(handle hierarchy, byte_view tpm2b_template);
[[nodiscard]] byte_buffer read_public_command(handle key);
/// Keeps a loaded key of the owner's at a persistent handle.
[[nodiscard]] byte_buffer evict_control(handle key, handle persistent);
[[nodiscard]] byte_buffer flush_context(handle loaded);
/// A session that proves nothing yet. `nonce` of 16 bytes.
[[nodiscard]] byte_buffer start_policy_session(byte_view nonce);
/// The session may from now on use what wants the endorsement hierarchy's authorisation.
[[nodiscard]] byte_buffer policy_secret(handle session);
/// Opens a credential (TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET); ends the session.
[[nodiscard]] byte_buffer activate_credential(handle attestation_key, handle endorsement_key, handle session,
                                              byte_view blob, byte_view encrypted_secret);
[[nodiscard]] byte_buffer quote(handle attestation_key, byte_view nonce, const pcr_selection& pcrs);
[[nodiscard]] byte_buffer certify(handle key, handle attestation_key, byte_view nonce);
[[nodiscard]] byte_buffer nv_read_public(std::uint32_t index);
/// Of an index that everybody who owns the machine may read.
[[nodiscard]] byte_buffer nv_read(std::uint32_t index, std::uint16_t bytes, std::uint16_t offset);

// Answers. errc::malformed for what no TPM sends, a code of response_category() for a refusal of the TPM's.

struct created_key {
  tpm::handle handle{};
  byte_buffer public_area{};  // TPM2B_PUBLIC
};
[[nodiscard]] result<created_key> read_created(byte_view answer);
[[nodiscard]] result<byte_buffer> read_read_public(byte_view answer);  // TPM2B_PUBLIC
[[nodiscard]] result<handle> read_session(byte_view answer);
[[nodiscard]] result<byte_buffer> read_activated(byte_view answer);  // what the credential held
struct signed_attestation {
  byte_buffer attest{};     // TPMS_ATTEST
  byte_buffer signature{};  // TPMT_SIGNATURE
};
[[nodiscard]] result<signed_attestation> read_attested(byte_view answer);
[[nodiscard]] result<std::uint16_t> read_nv_size(byte_view answer);
[[nodiscard]] result<byte_buffer> read_nv(byte_view answer);
/// Of a command that answers nothing more.
[[nodiscard]] result<> read_done(byte_view answer);

}  // namespace perigee::wire::tpm

#pragma once
// Who is let in by its TPM: a challenge that only the TPM of the endorsement key can open, and then a quote made for
// that challenge. docs/attestation.md has the exchange.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "control/attestation/boot_policy.hpp"
#include "control/attestation/credential.hpp"
#include "control/attestation/manufacturers.hpp"
#include "crypto/password.hpp"

namespace perigee::control::attestation {

/// Who asks for a challenge.
struct application {
  std::string name{};               // who it says it is
  byte_buffer endorsement_key{};    // TPM2B_PUBLIC
  byte_buffer endorsement_cert{};   // DER; empty: none
  byte_buffer attestation_key{};    // TPM2B_PUBLIC
  std::string known_fingerprint{};  // of the endorsement key that the registry has for that name; empty: none
};

/// What is sent back.
struct challenge {
  std::string id;
  crypto::digest nonce{};  // for the quote and the certification
  attestation::credential sealed{};
  wire::tpm::pcr_selection pcrs{};  // what the quote has to be over
  timestamp expires{};
};

/// What answers a challenge.
struct evidence {
  std::string name{};
  std::string challenge{};        // its id
  byte_buffer secret{};           // from the credential
  byte_buffer quote{};            // TPMS_ATTEST
  byte_buffer quote_signature{};  // TPMT_SIGNATURE
  byte_buffer log{};
  byte_buffer device_key{};               // TPM2B_PUBLIC of the key that a certificate is asked for
  byte_buffer certification{};            // TPMS_ATTEST by TPM2_Certify
  byte_buffer certification_signature{};  // TPMT_SIGNATURE
};

/// A machine that proved its TPM.
struct attested {
  std::string endorsement_fingerprint;  // identity::public_key::fingerprint
  std::uint32_t resets = 0;             // of the TPM, from its quote
  std::uint64_t firmware = 0;           // of the TPM
};

/// What proves a TPM and fails at what it has started: who it is, is known then.
struct failed_attestation {
  refused why;
  std::string endorsement_fingerprint{};  // of a machine that proved it; empty: it has not
};

/// Owned by the node, used on the worker of its registry. OpenSSL draws the randomness.
class verifier {
 public:
  verifier(manufacturers trusted, boot_policy policy) : trusted_(std::move(trusted)), policy_(std::move(policy)) {}

  static constexpr nanoseconds challenge_life = std::chrono::minutes(5);

  /// A new challenge. Any refusal but those of evidence. One whose known_fingerprint is the key's needs no
  /// certificate.
  [[nodiscard]] outcome<challenge> begin(const application& by, timestamp now);
  /// Takes the challenge: whatever comes of it, it is not taken again. `wanted`: the key that a certificate is asked
  /// for.
  [[nodiscard]] std::expected<attested, failed_attestation> finish(const evidence& shown,
                                                                   const identity::public_key& wanted, timestamp now);

 private:
  struct open_challenge {
    std::string name;
    tpm_key attestation_key;
    std::string endorsement_fingerprint;
    crypto::digest secret{};
    crypto::digest nonce{};
    timestamp expires{};
    bool used = false;
  };

  [[nodiscard]] outcome<> check_endorsement(const application& by, const tpm_key& key, timestamp now) const;
  [[nodiscard]] outcome<> make_room(timestamp now);
  [[nodiscard]] outcome<open_challenge*> take(const evidence& shown, timestamp now);
  [[nodiscard]] outcome<> check_possession(const open_challenge& of, const evidence& shown,
                                           const identity::public_key& wanted) const;

  manufacturers trusted_;
  boot_policy policy_;
  std::map<std::string, open_challenge, std::less<>> challenges_;
};

}  // namespace perigee::control::attestation

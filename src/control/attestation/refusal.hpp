#pragma once
// Why a machine is not taken for what it says it is: one reason each, for the audit and for who asks.

#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace perigee::control::attestation {

enum class refusal {
  malformed_key,             // a public area that is none, or of a kind that is not taken
  weak_endorsement_key,      // not a storage key that stays in its TPM
  weak_attestation_key,      // not a restricted signing key that stays in its TPM
  malformed_certificate,     // of the endorsement key
  other_endorsement_key,     // the certificate is of another key
  untrusted_manufacturer,    // no trusted maker of TPMs has issued it
  unknown_endorsement_key,   // neither a maker nor the registry vouches for it
  wrong_endorsement_key,     // the thing has another TPM
  too_many_challenges,       //
  unknown_challenge,         //
  used_challenge,            // a nonce that is shown again
  expired_challenge,         //
  other_name,                // the challenge was for another thing
  wrong_secret,              // the attestation key is not in the TPM of the endorsement key
  malformed_attestation,     // a quote, a certification or a signature that is none
  bad_signature,             // not by the attestation key
  wrong_nonce,               //
  pcrs_missing,              // the quote is not over all the PCRs that the policy looks at
  malformed_log,             //
  log_does_not_replay,       // the event log gives other PCRs than the quote has
  pcr_not_allowed,           //
  event_not_allowed,         //
  secure_boot_off,           //
  device_key_not_certified,  // the certificate is asked for a key that is not in this TPM
};

struct refusal_text {
  refusal reason;
  std::string_view name;  // "wrong_nonce"
  const char* sentence;   // for a person
};
/// Every reason there is, in the order of the enumeration.
[[nodiscard]] std::span<const refusal_text> refusals();
[[nodiscard]] const refusal_text& text_of(refusal reason);

/// Whether what the PCRs of a machine hold is not what the policy allows, or nobody knows what it is: a machine that
/// proved its TPM is to be shut out.
[[nodiscard]] bool is_of_the_boot_chain(refusal reason);

struct refused {
  refusal reason{};
  std::string detail{};  // what is wrong this time: "PCR 4 is 9f86d0..."; may be empty

  /// "pcr_not_allowed: PCR 4 is 9f86d0...", for the audit.
  [[nodiscard]] std::string text() const;
};

template <class T = void>
using outcome = std::expected<T, refused>;

/// `return refuse(refusal::wrong_nonce);`
[[nodiscard]] std::unexpected<refused> refuse(refusal reason, std::string detail = {});

}  // namespace perigee::control::attestation

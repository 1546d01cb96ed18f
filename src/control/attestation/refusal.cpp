#include "control/attestation/refusal.hpp"

#include <array>
#include <format>

namespace perigee::control::attestation {
namespace {

using enum refusal;

constexpr std::array<refusal_text, 24> table{{
    {malformed_key, "malformed_key", "a public area is not a TPM2B_PUBLIC of an RSA or ECC key"},
    {weak_endorsement_key, "weak_endorsement_key",
     "the endorsement key is not a restricted decryption key that stays in its TPM"},
    {weak_attestation_key, "weak_attestation_key",
     "the attestation key is not a restricted signing key that its TPM made and keeps"},
    {malformed_certificate, "malformed_certificate", "the endorsement key's certificate is none"},
    {other_endorsement_key, "other_endorsement_key", "the certificate is of another endorsement key"},
    {untrusted_manufacturer, "untrusted_manufacturer",
     "no maker of TPMs that is trusted here has issued the endorsement key's certificate"},
    {unknown_endorsement_key, "unknown_endorsement_key",
     "nothing vouches for the endorsement key: neither a certificate nor the registry"},
    {wrong_endorsement_key, "wrong_endorsement_key", "the thing is known to have another TPM"},
    {too_many_challenges, "too_many_challenges", "too many challenges are open"},
    {unknown_challenge, "unknown_challenge", "no such challenge was given"},
    {used_challenge, "used_challenge", "the challenge was answered before: a nonce counts once"},
    {expired_challenge, "expired_challenge", "the challenge has expired"},
    {other_name, "other_name", "the challenge was given to another name"},
    {wrong_secret, "wrong_secret",
     "the credential was not opened: the attestation key is not in the TPM of the endorsement key"},
    {malformed_attestation, "malformed_attestation", "a quote, a certification or a signature is not one of a TPM's"},
    {bad_signature, "bad_signature", "a signature is not the attestation key's"},
    {wrong_nonce, "wrong_nonce", "the attestation was made for another nonce"},
    {pcrs_missing, "pcrs_missing", "the quote is not over all the PCRs that the policy looks at"},
    {malformed_log, "malformed_log", "the event log is none"},
    {log_does_not_replay, "log_does_not_replay", "the event log does not give the PCRs that were quoted"},
    {pcr_not_allowed, "pcr_not_allowed", "a PCR has a value that the policy does not allow"},
    {event_not_allowed, "event_not_allowed", "something was started that the policy does not allow"},
    {secure_boot_off, "secure_boot_off", "the machine has not started with Secure Boot"},
    {device_key_not_certified, "device_key_not_certified",
     "the request is for a key that the attestation key has not certified"},
}};

}  // namespace

std::span<const refusal_text> refusals() { return table; }

const refusal_text& text_of(refusal reason) { return table.at(static_cast<std::size_t>(reason)); }

bool is_of_the_boot_chain(refusal reason) {
  return reason == log_does_not_replay || reason == pcr_not_allowed || reason == event_not_allowed ||
         reason == secure_boot_off;
}

std::string refused::text() const {
  const auto name = text_of(reason).name;
  return detail.empty() ? std::string(name) : std::format("{}: {}", name, detail);
}

std::unexpected<refused> refuse(refusal reason, std::string detail) {
  return std::unexpected(refused{reason, std::move(detail)});
}

}  // namespace perigee::control::attestation

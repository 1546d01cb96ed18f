#include "control/attestation/verifier.hpp"

#include <openssl/rand.h>

#include <algorithm>

#include "base/attestation_limits.hpp"
#include "base/check.hpp"
#include "control/attestation/detail/digests.hpp"

namespace perigee::control::attestation {
namespace {

using wire::tpm::attest;

constexpr std::size_t id_bytes = 16;

template <class Bytes>
Bytes draw(Bytes into) {
  PG_CHECK(RAND_bytes(into.data(), static_cast<int>(into.size())) == 1, "OpenSSL has randomness");
  return into;
}

/// An attestation of one kind, signed by the key and made for the nonce.
template <class Info>
outcome<attest> read_signed(const tpm_key& by, byte_view bytes, byte_view signature, const crypto::digest& nonce) {
  PG_TRY_VOID(check_signature(by, bytes, signature));
  auto read = wire::tpm::read_attest(bytes);
  if (!read) return refuse(refusal::malformed_attestation, read.error().what);
  if (!std::holds_alternative<Info>(read->what)) {
    return refuse(refusal::malformed_attestation, "a quote and a certification are two things");
  }
  if (!std::ranges::equal(read->extra_data, nonce)) return refuse(refusal::wrong_nonce);
  return *std::move(read);
}

/// The key that a certificate is asked for is in the TPM, does not leave it, and is the one in the request.
outcome<> check_device_key(const tpm_key& by, const evidence& shown, const identity::public_key& wanted,
                           const crypto::digest& nonce) {
  using wire::tpm::certify_info;
  PG_TRY(const auto said, read_signed<certify_info>(by, shown.certification, shown.certification_signature, nonce));
  PG_TRY(const auto key, read_key(shown.device_key));
  const auto& certified = std::get<certify_info>(said.what);
  if (certified.name != name_of(key.area) || !(key.key == wanted)) return refuse(refusal::device_key_not_certified);
  const bool kept = stays_in_its_tpm(key.area) && key.area.has(wire::tpm::attribute::sign) &&
                    !key.area.has(wire::tpm::attribute::restricted);
  if (!kept) return refuse(refusal::device_key_not_certified, "it is no signing key that its TPM made and keeps");
  return {};
}

}  // namespace

outcome<> verifier::check_endorsement(const application& by, const tpm_key& key, timestamp now) const {
  PG_TRY_VOID(check_endorsement_key(key));
  if (!by.known_fingerprint.empty()) {
    if (by.known_fingerprint != key.key.fingerprint()) return refuse(refusal::wrong_endorsement_key);
    return {};
  }
  if (by.endorsement_cert.empty() || trusted_.none()) {
    return refuse(refusal::unknown_endorsement_key, "its fingerprint is " + key.key.fingerprint());
  }
  return trusted_.vouch_for(key, by.endorsement_cert, now);
}

outcome<> verifier::make_room(timestamp now) {
  // One that has ended is kept for as long again, so that who comes late is told so.
  std::erase_if(challenges_, [&](const auto& one) { return one.second.expires + challenge_life <= now; });
  if (challenges_.size() < limits::attestation_challenges_max) return {};
  std::erase_if(challenges_, [&](const auto& one) { return one.second.used || one.second.expires <= now; });
  if (challenges_.size() < limits::attestation_challenges_max) return {};
  return refuse(refusal::too_many_challenges);
}

outcome<challenge> verifier::begin(const application& by, timestamp now) {
  PG_TRY(const auto endorsement, read_key(by.endorsement_key));
  PG_TRY(auto attestation_key, read_key(by.attestation_key));
  PG_TRY_VOID(check_attestation_key(attestation_key));
  PG_TRY_VOID(check_endorsement(by, endorsement, now));
  PG_TRY_VOID(make_room(now));
  const auto id = detail::to_hex(draw(byte_buffer(id_bytes)));
  const auto secret = draw(crypto::digest());
  const auto nonce = draw(crypto::digest());
  PG_TRY(auto sealed, make_credential(endorsement, name_of(attestation_key.area), secret));
  challenges_.insert_or_assign(id, open_challenge{.name = by.name,
                                                  .attestation_key = std::move(attestation_key),
                                                  .endorsement_fingerprint = endorsement.key.fingerprint(),
                                                  .secret = secret,
                                                  .nonce = nonce,
                                                  .expires = now + challenge_life});
  return challenge{.id = id,
                   .nonce = nonce,
                   .sealed = std::move(sealed),
                   .pcrs = {policy_.bank, policy_.pcrs},
                   .expires = now + challenge_life};
}

outcome<verifier::open_challenge*> verifier::take(const evidence& shown, timestamp now) {
  const auto found = challenges_.find(shown.challenge);
  if (found == challenges_.end()) return refuse(refusal::unknown_challenge);
  auto& one = found->second;
  if (one.used) return refuse(refusal::used_challenge);
  if (one.expires <= now) return refuse(refusal::expired_challenge);
  one.used = true;
  if (one.name != shown.name) return refuse(refusal::other_name);
  return &one;
}

outcome<> verifier::check_possession(const open_challenge& of, const evidence& shown,
                                     const identity::public_key& wanted) const {
  if (!crypto::same_secret(of.secret, shown.secret)) return refuse(refusal::wrong_secret);
  return check_device_key(of.attestation_key, shown, wanted, of.nonce);
}

std::expected<attested, failed_attestation> verifier::finish(const evidence& shown, const identity::public_key& wanted,
                                                             timestamp now) {
  using wire::tpm::quote_info;
  const auto unproved = [](refused why) { return std::unexpected(failed_attestation{std::move(why)}); };
  const auto taken = take(shown, now);
  if (!taken) return unproved(taken.error());
  const auto& of = **taken;
  if (const auto has = check_possession(of, shown, wanted); !has) return unproved(has.error());
  const auto quoted = read_signed<quote_info>(of.attestation_key, shown.quote, shown.quote_signature, of.nonce);
  if (!quoted) return unproved(quoted.error());
  const auto digest = digest_of_signature(shown.quote_signature);
  if (!digest) return unproved(digest.error());
  const auto started = check_boot(policy_, std::get<quote_info>(quoted->what), *digest, shown.log);
  if (!started) return std::unexpected(failed_attestation{started.error(), of.endorsement_fingerprint});
  return attested{of.endorsement_fingerprint, quoted->clock.resets, quoted->firmware};
}

}  // namespace perigee::control::attestation

#include "control/attestation/verifier.hpp"

#include <gtest/gtest.h>

#include "base/attestation_limits.hpp"
#include "control/attestation/detail/digests.hpp"
#include "control/attestation/software_tpm_test.hpp"

namespace perigee::control::attestation {
namespace {

namespace attribute = wire::tpm::attribute;
namespace event_type = wire::tpm::event_type;

constexpr timestamp now{1'700'000'000'000'000'000};
constexpr std::uint32_t selected = 1U << 0 | 1U << 4 | 1U << 7;

byte_buffer sha256_of(std::string_view text) {
  return detail::digest_of(wire::tpm::algorithm::sha256, {as_bytes(text)});
}

/// A machine that starts firmware and the boot loader "grub" with Secure Boot, and a verifier that wants just that.
class attestation_verifier : public ::testing::Test {
 protected:
  attestation_verifier() {
    machine.measure(0, 0x8, as_bytes("firmware 1.0"));
    machine.measure(7, event_type::efi_variable_driver_config, secure_boot_variable(true));
    machine.measure(4, event_type::efi_boot_services_application, as_bytes("grub"));
    policy.pcrs = selected;
    policy.secure_boot = true;
    policy.values = {{0, {machine.pcrs[0]}}};
    policy.events = {{4, event_type::efi_boot_services_application, {sha256_of("shim"), sha256_of("grub")}}};
  }

  verifier make() const { return {manufacturers(), policy}; }
  challenge ask(verifier& of) const {
    auto given = of.begin(machine.apply("press-7"), now);
    EXPECT_TRUE(given) << given.error().text();
    return *given;
  }
  /// Why the evidence is refused, after somebody has changed it.
  refusal reason(const std::function<void(evidence&, const challenge&)>& change) const {
    auto by = make();
    const auto given = ask(by);
    auto shown = machine.answer(given, "press-7");
    change(shown, given);
    const auto done = by.finish(shown, machine.device.as_read().key, now);
    EXPECT_FALSE(done);
    return done.error().why.reason;
  }
  /// What comes of a machine as it is.
  std::expected<attested, failed_attestation> judge() const {
    auto by = make();
    return by.finish(machine.answer(ask(by), "press-7"), machine.device.as_read().key, now);
  }

  software_tpm machine;
  boot_policy policy;
};

TEST_F(attestation_verifier, takes_a_machine_that_has_its_tpm_and_started_what_it_may) {
  const auto done = judge();
  ASSERT_TRUE(done) << done.error().why.text();
  EXPECT_EQ(done->endorsement_fingerprint, machine.endorsement.as_read().key.fingerprint());
  EXPECT_EQ(done->resets, 7);
}

TEST_F(attestation_verifier, takes_each_challenge_once) {
  auto by = make();
  const auto shown = machine.answer(ask(by), "press-7");
  ASSERT_TRUE(by.finish(shown, machine.device.as_read().key, now));
  const auto again = by.finish(shown, machine.device.as_read().key, now);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().why.reason, refusal::used_challenge);
}

TEST_F(attestation_verifier, takes_a_failed_challenge_no_second_time) {
  auto by = make();
  auto shown = machine.answer(ask(by), "press-7");
  const auto good = shown;
  shown.secret.clear();
  EXPECT_EQ(by.finish(shown, machine.device.as_read().key, now).error().why.reason, refusal::wrong_secret);
  EXPECT_EQ(by.finish(good, machine.device.as_read().key, now).error().why.reason, refusal::used_challenge);
}

TEST_F(attestation_verifier, knows_its_challenges_and_how_old_they_are) {
  auto by = make();
  auto shown = machine.answer(ask(by), "press-7");
  const auto late = now + verifier::challenge_life;
  EXPECT_EQ(by.finish(shown, machine.device.as_read().key, late).error().why.reason, refusal::expired_challenge);
  shown.challenge = "0123";
  EXPECT_EQ(by.finish(shown, machine.device.as_read().key, now).error().why.reason, refusal::unknown_challenge);
}

TEST_F(attestation_verifier, refuses_a_nonce_of_another_challenge) {
  const challenge old = [&] {
    auto by = make();
    return ask(by);
  }();
  EXPECT_EQ(reason([&](evidence& e, const challenge&) {
              e.quote = machine.quote(old.nonce, selected);
              e.quote_signature = machine.attestation.sign(e.quote);
            }),
            refusal::wrong_nonce);
  EXPECT_EQ(reason([&](evidence& e, const challenge&) {
              e.certification = machine.certify(machine.device, old.nonce);
              e.certification_signature = machine.attestation.sign(e.certification);
            }),
            refusal::wrong_nonce);
}

TEST_F(attestation_verifier, refuses_a_challenge_given_to_another_name) {
  EXPECT_EQ(reason([](evidence& e, const challenge&) { e.name = "press-8"; }), refusal::other_name);
}

TEST_F(attestation_verifier, refuses_an_attestation_key_of_another_tpm) {
  const software_tpm other;
  auto by = make();
  auto asked = machine.apply("press-7");
  asked.attestation_key = other.attestation.public_area();
  const auto given = by.begin(asked, now);
  ASSERT_TRUE(given);
  EXPECT_TRUE(machine.activate(given->sealed).empty()) << "the credential is for a name that this TPM has no key of";
  EXPECT_TRUE(other.activate(given->sealed).empty()) << "and for an endorsement key that the other has not";
  const auto done = by.finish(other.answer(*given, "press-7"), other.device.as_read().key, now);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().why.reason, refusal::wrong_secret);
}

TEST_F(attestation_verifier, refuses_signatures_of_another_key) {
  const software_tpm other;
  EXPECT_EQ(reason([&](evidence& e, const challenge&) { e.quote_signature = other.attestation.sign(e.quote); }),
            refusal::bad_signature);
  EXPECT_EQ(reason([&](evidence& e, const challenge&) {
              e.certification_signature = other.attestation.sign(e.certification);
            }),
            refusal::bad_signature);
  EXPECT_EQ(reason([](evidence& e, const challenge&) { e.quote.back() ^= 1; }), refusal::bad_signature);
}

TEST_F(attestation_verifier, refuses_what_no_tpm_has_made) {
  EXPECT_EQ(reason([&](evidence& e, const challenge&) {
              e.quote.front() = 0;  // not TPM_GENERATED, as of a key that signs anything
              e.quote_signature = machine.attestation.sign(e.quote);
            }),
            refusal::malformed_attestation);
  EXPECT_EQ(reason([](evidence& e, const challenge&) { e.quote_signature.clear(); }), refusal::malformed_attestation);
}

TEST_F(attestation_verifier, refuses_a_certification_as_a_quote) {
  EXPECT_EQ(reason([](evidence& e, const challenge&) {
              e.quote = e.certification;
              e.quote_signature = e.certification_signature;
            }),
            refusal::malformed_attestation);
}

TEST_F(attestation_verifier, refuses_a_request_for_a_key_that_is_elsewhere) {
  const software_tpm other;
  auto by = make();
  const auto shown = machine.answer(ask(by), "press-7");
  const auto done = by.finish(shown, other.device.as_read().key, now);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().why.reason, refusal::device_key_not_certified);
  EXPECT_EQ(reason([&](evidence& e, const challenge&) { e.device_key = other.device.public_area(); }),
            refusal::device_key_not_certified);
}

TEST_F(attestation_verifier, refuses_a_device_key_that_may_leave_its_tpm) {
  const software_key loose({.attributes = attribute::sign | attribute::sensitive_data_origin, .has_scheme = false});
  auto by = make();
  const auto given = ask(by);
  auto shown = machine.answer(given, "press-7");
  shown.device_key = loose.public_area();
  shown.certification = machine.certify(loose, given.nonce);
  shown.certification_signature = machine.attestation.sign(shown.certification);
  const auto done = by.finish(shown, loose.as_read().key, now);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().why.reason, refusal::device_key_not_certified);
}

TEST_F(attestation_verifier, refuses_a_quote_over_too_few_pcrs) {
  const auto quote_of = [&](std::uint32_t pcrs) {
    return reason([&](evidence& e, const challenge& given) {
      e.quote = machine.quote(given.nonce, pcrs);
      e.quote_signature = machine.attestation.sign(e.quote);
    });
  };
  EXPECT_EQ(quote_of(selected & ~(1U << 7)), refusal::pcrs_missing);
  EXPECT_EQ(quote_of(0), refusal::pcrs_missing);
}

TEST_F(attestation_verifier, refuses_a_log_that_is_not_what_was_measured) {
  EXPECT_EQ(reason([](evidence& e, const challenge&) { e.log.pop_back(); }), refusal::malformed_log);
  EXPECT_EQ(reason([](evidence& e, const challenge&) { e.log.clear(); }), refusal::malformed_log);
  machine.extend(4, sha256_of("a rootkit, and no word of it"));
  const auto done = judge();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().why.reason, refusal::log_does_not_replay);
  EXPECT_TRUE(is_of_the_boot_chain(done.error().why.reason)) << "nobody knows what it has started";
  EXPECT_FALSE(is_of_the_boot_chain(refusal::malformed_log));
}

TEST_F(attestation_verifier, refuses_another_boot_loader_and_says_whose_machine_it_is) {
  machine.measure(4, event_type::efi_boot_services_application, as_bytes("another loader"));
  const auto done = judge();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().why.reason, refusal::event_not_allowed);
  EXPECT_EQ(done.error().endorsement_fingerprint, machine.endorsement.as_read().key.fingerprint());
  EXPECT_TRUE(is_of_the_boot_chain(done.error().why.reason));
}

TEST_F(attestation_verifier, refuses_a_machine_that_starts_nothing_that_is_named) {
  policy.events = {{0, event_type::efi_boot_services_application, {sha256_of("grub")}}};
  EXPECT_EQ(judge().error().why.reason, refusal::event_not_allowed);
}

TEST_F(attestation_verifier, refuses_another_firmware) {
  machine.measure(0, 0x8, as_bytes("firmware 1.1"));
  const auto done = judge();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().why.reason, refusal::pcr_not_allowed);
  EXPECT_NE(done.error().why.detail.find("PCR 0"), std::string::npos);
}

TEST_F(attestation_verifier, refuses_what_started_without_secure_boot) {
  machine.measure(7, event_type::efi_variable_driver_config, secure_boot_variable(false));
  EXPECT_EQ(judge().error().why.reason, refusal::secure_boot_off);
}

TEST_F(attestation_verifier, does_not_believe_the_data_of_an_event_that_were_not_measured) {
  software_tpm off;
  off.measure(7, event_type::efi_variable_driver_config, secure_boot_variable(false));
  off.log.back() = 1;  // the digest is of 0
  policy.values.clear();
  policy.events.clear();
  auto by = make();
  const auto given = by.begin(off.apply("press-7"), now);
  ASSERT_TRUE(given);
  const auto done = by.finish(off.answer(*given, "press-7"), off.device.as_read().key, now);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().why.reason, refusal::secure_boot_off);
}

TEST_F(attestation_verifier, says_nothing_of_a_machine_that_has_not_proved_its_tpm) {
  machine.measure(4, event_type::efi_boot_services_application, as_bytes("another loader"));
  auto by = make();
  auto shown = machine.answer(ask(by), "press-7");
  shown.secret.back() ^= 1;
  EXPECT_TRUE(by.finish(shown, machine.device.as_read().key, now).error().endorsement_fingerprint.empty());
}

// Who is challenged

TEST_F(attestation_verifier, challenges_no_endorsement_key_that_nobody_vouches_for) {
  auto by = make();
  auto asked = machine.apply("press-7");
  asked.known_fingerprint.clear();
  EXPECT_EQ(by.begin(asked, now).error().reason, refusal::unknown_endorsement_key);
  asked.known_fingerprint = software_tpm().endorsement.as_read().key.fingerprint();
  EXPECT_EQ(by.begin(asked, now).error().reason, refusal::wrong_endorsement_key);
}

TEST_F(attestation_verifier, challenges_no_keys_that_prove_nothing) {
  auto by = make();
  const auto with_attestation_key = [&](key_shape shape) {
    auto asked = machine.apply("press-7");
    asked.attestation_key = software_key(shape).public_area();
    return by.begin(asked, now).error().reason;
  };
  constexpr auto kept = attribute::fixed_tpm | attribute::fixed_parent | attribute::sensitive_data_origin;
  EXPECT_EQ(with_attestation_key({.attributes = kept | attribute::sign}), refusal::weak_attestation_key);
  EXPECT_EQ(with_attestation_key({.attributes = attribute::restricted | attribute::sign}),
            refusal::weak_attestation_key);
  EXPECT_EQ(with_attestation_key({.attributes = kept | attribute::restricted | attribute::sign, .has_scheme = false}),
            refusal::weak_attestation_key);
  auto asked = machine.apply("press-7");
  asked.endorsement_key = machine.device.public_area();
  EXPECT_EQ(by.begin(asked, now).error().reason, refusal::weak_endorsement_key);
  asked.endorsement_key.pop_back();
  EXPECT_EQ(by.begin(asked, now).error().reason, refusal::malformed_key);
}

TEST_F(attestation_verifier, has_room_for_so_many_challenges) {
  auto by = make();
  const auto asked = machine.apply("press-7");
  std::optional<challenge> first;
  for (std::uint32_t i = 0; i < limits::attestation_challenges_max; ++i) {
    auto given = by.begin(asked, now);
    ASSERT_TRUE(given);
    if (!first) first = *std::move(given);
  }
  EXPECT_EQ(by.begin(asked, now).error().reason, refusal::too_many_challenges);
  ASSERT_TRUE(by.finish(machine.answer(*first, "press-7"), machine.device.as_read().key, now));
  EXPECT_TRUE(by.begin(asked, now)) << "a used one makes room";
  EXPECT_FALSE(by.begin(asked, now));
  EXPECT_TRUE(by.begin(asked, now + verifier::challenge_life));
}

}  // namespace
}  // namespace perigee::control::attestation

#include "control/attestation/manufacturers.hpp"

#include <gtest/gtest.h>
#include <openssl/conf.h>
#include <openssl/x509v3.h>

#include <optional>
#include <set>

#include "control/attestation/software_tpm_test.hpp"
#include "identity/authority.hpp"

namespace perigee::control::attestation {
namespace {

constexpr timestamp now{1'700'000'000'000'000'000};

/// A maker of TPMs.
struct maker {
  identity::authority authority;

  static maker make(const std::string& name) {
    auto key = *identity::private_key::generate(identity::key_kind::p384);
    return {*identity::authority::make_root(name, std::move(key), now)};
  }
  [[nodiscard]] std::string pem() const { return authority.own().to_pem(); }

  /// As the EK Credential Profile has it: no subject, the model in a critical subjectAltName, for an EK's purpose.
  [[nodiscard]] byte_buffer certify(EVP_PKEY* key, bool as_authority = false) const {
    const crypto::certificate_ptr made(X509_new());
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 77);
    ASN1_TIME_set(X509_getm_notBefore(made.get()), now.ns / 1'000'000'000 - 60);
    ASN1_TIME_set_string_X509(X509_getm_notAfter(made.get()), "99991231235959Z");
    X509_set_issuer_name(made.get(), X509_get_subject_name(authority.own().native()));
    X509_set_pubkey(made.get(), key);
    const std::pair<int, const char*> extensions[] = {
        {NID_subject_alt_name, "critical,dirName:model"},
        {NID_basic_constraints, as_authority ? "critical,CA:TRUE" : "critical,CA:FALSE"},
        {NID_key_usage, as_authority ? "critical,keyCertSign" : "critical,keyAgreement"},
        {NID_ext_key_usage, "2.23.133.8.1"}};
    // The name of a TPM: maker, model and version (EK Credential Profile 2.5, 3.2.9).
    const std::unique_ptr<CONF, crypto::freed_by<NCONF_free>> names(NCONF_new(nullptr));
    const auto text = crypto::reading(as_bytes("[model]\n1.2.23.133.2.1=id:50455247\n2.2.23.133.2.2=test\n"));
    long line = 0;
    NCONF_load_bio(names.get(), text.get(), &line);
    X509V3_CTX context{};
    X509V3_set_ctx(&context, authority.own().native(), made.get(), nullptr, nullptr, 0);
    X509V3_set_nconf(&context, names.get());
    for (const auto& [nid, value] : extensions) {
      const crypto::extension_ptr one(X509V3_EXT_nconf_nid(names.get(), &context, nid, value));
      EXPECT_TRUE(one) << value;
      X509_add_ext(made.get(), one.get(), -1);
    }
    EXPECT_NE(X509_sign(made.get(), authority.key().native(), EVP_sha384()), 0);
    return crypto::der_of(i2d_X509, made.get());
  }
};

struct attestation_manufacturers : ::testing::Test {
  maker acme = maker::make("Acme TPM");
  maker stranger = maker::make("Acme TPM");  // of the same name
  software_tpm tpm;
  manufacturers trusted = *manufacturers::read(as_bytes(maker::make("Another").pem() + acme.pem()));

  [[nodiscard]] std::optional<refusal> fault(byte_view certificate, timestamp at = now) const {
    const auto done = trusted.vouch_for(tpm.endorsement.as_read(), certificate, at);
    return done ? std::nullopt : std::optional(done.error().reason);
  }
};

TEST_F(attestation_manufacturers, vouch_for_their_own) {
  EXPECT_EQ(fault(acme.certify(tpm.endorsement.native())), std::nullopt);
}

TEST_F(attestation_manufacturers, vouch_for_no_others) {
  EXPECT_EQ(fault(stranger.certify(tpm.endorsement.native())), refusal::untrusted_manufacturer);
  EXPECT_EQ(fault(acme.certify(tpm.device.native())), refusal::other_endorsement_key);
  auto broken = acme.certify(tpm.endorsement.native());
  broken.back() ^= 1;
  EXPECT_EQ(fault(broken), refusal::untrusted_manufacturer);
}

TEST_F(attestation_manufacturers, vouch_for_no_authority_and_not_for_ever) {
  EXPECT_EQ(fault(acme.certify(tpm.endorsement.native(), true)), refusal::malformed_certificate);
  EXPECT_EQ(fault(acme.authority.own().to_der()), refusal::other_endorsement_key);
  EXPECT_EQ(fault(as_bytes("no certificate")), refusal::malformed_certificate);
  EXPECT_EQ(fault(acme.certify(tpm.endorsement.native()), now - std::chrono::days(1)), refusal::untrusted_manufacturer);
}

TEST_F(attestation_manufacturers, are_read_from_a_file_of_certificates) {
  EXPECT_FALSE(manufacturers::read({}));
  EXPECT_FALSE(manufacturers::read(as_bytes("nothing of the kind")));
  EXPECT_FALSE(
      manufacturers::read(as_bytes(acme.pem() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")));
  EXPECT_TRUE(manufacturers().none());
}

TEST_F(attestation_manufacturers, are_asked_where_the_registry_knows_nothing) {
  verifier by(trusted, {.pcrs = 1});
  auto asked = tpm.apply("press-7");
  asked.known_fingerprint.clear();
  asked.endorsement_cert = acme.certify(tpm.endorsement.native());
  EXPECT_TRUE(by.begin(asked, now));
  asked.endorsement_cert = stranger.certify(tpm.endorsement.native());
  EXPECT_EQ(by.begin(asked, now).error().reason, refusal::untrusted_manufacturer);
}

TEST(attestation_refusals, are_in_the_order_of_their_numbers_and_have_names_of_their_own) {
  std::size_t index = 0;
  std::set<std::string_view> names;
  for (const auto& each : refusals()) {
    EXPECT_EQ(static_cast<std::size_t>(each.reason), index++);
    EXPECT_TRUE(names.insert(each.name).second) << each.name;
    EXPECT_EQ(&text_of(each.reason), &each);
  }
  EXPECT_EQ((refused{refusal::wrong_nonce}).text(), "wrong_nonce");
  EXPECT_EQ((refused{refusal::wrong_nonce, "why"}).text(), "wrong_nonce: why");
}

}  // namespace
}  // namespace perigee::control::attestation

// Chains as attackers would show them; each is refused for its own reason.

#include "identity/verify.hpp"

#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include "base/identity_limits.hpp"
#include "identity/forgery_test.hpp"
#include "identity/refusal.hpp"

namespace perigee::identity {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr auto nothing_is_revoked = [](std::string_view, std::string_view) { return false; };

class a_chain : public testing::Test {
 protected:
  static void SetUpTestSuite() { site_ = std::make_unique<test_site>(); }
  static void TearDownTestSuite() { site_.reset(); }

  static result<verified_identity> verify(const std::vector<certificate>& shown, purpose wanted = purpose::client,
                                          timestamp at = test_now, is_revoked revoked = nothing_is_revoked) {
    return verify_chain(shown, std::span(&site_->root.own(), 1), wanted, at, revoked);
  }
  /// The name of the refusal; "good" where there is none.
  static std::string_view verdict(const std::vector<certificate>& shown, purpose wanted = purpose::client,
                                  timestamp at = test_now, is_revoked revoked = nothing_is_revoked) {
    const auto found = verify(shown, wanted, at, revoked);
    if (found) return "good";
    const auto reason = reason_of(found.error());
    return reason ? text_of(*reason).name : found.error().what;
  }
  static std::string_view verdict_on(const forgery& leaf, const authority& by) {
    return verdict(test_site::shown(forge(leaf, by), by));
  }
  static std::string_view verdict_on(const forgery& leaf) { return verdict_on(leaf, site_->issuing); }
  /// Of a leaf below an authority that is itself forged by another.
  static std::string_view verdict_below(const forgery& middle, const authority& by, const std::string& leaf_name) {
    auto key = new_key();
    const auto own = certificate::parse(forge_der(middle, key.native(), by.own(), by.key())).value();
    auto chain = test_site::shown(own, by);
    chain.insert(chain.begin(),
                 certificate::parse(forge_der(honest_leaf(leaf_name), new_key().native(), own, key)).value());
    return verdict(chain);
  }
  static forgery honest_authority(const std::string& name, const std::string& constraints) {
    return {.common_names = {name},
            .extensions = {{NID_basic_constraints, constraints},
                           {NID_key_usage, "critical,keyCertSign,cRLSign"},
                           {NID_subject_key_identifier, "hash"},
                           {NID_authority_key_identifier, "keyid"}}};
  }

  static inline std::unique_ptr<test_site> site_;
};

TEST_F(a_chain, of_a_device_says_who_it_is) {
  const auto shown = site_->device("press-7", site_->issuing);
  const auto found = verify(shown);
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->name, "press-7");
  EXPECT_EQ(found->issuer, "CN=plant issuing");
  EXPECT_EQ(found->issuer_key_id, site_->issuing.key().public_half().key_id());
  EXPECT_EQ(found->issuer_key_id, shown[0].facts().authority_key_id);
  EXPECT_EQ(found->serial, shown[0].facts().serial);
  EXPECT_EQ(found->chain_length, 3U);
  EXPECT_EQ(found->gateway, "");
}

TEST_F(a_chain, of_a_gateways_device_says_which_gateway) {
  const auto found = verify(site_->device("press-7.fog-1", site_->gateway));
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->name, "press-7.fog-1");
  EXPECT_EQ(found->gateway, "fog-1");
  EXPECT_EQ(found->chain_length, 4U);
}

TEST_F(a_chain, may_come_in_any_order_and_with_its_root) {
  auto shown = site_->device("press-7", site_->issuing);
  shown.insert(shown.begin() + 1, site_->root.own());
  EXPECT_EQ(verdict(shown), "good");
}

TEST_F(a_chain, is_good_for_its_purpose_only) {
  const auto node = test_site::shown(
      site_->issuing
          .issue(new_key().public_half(), {.as = profile::node, .name = "fog-1", .dns_names = {"localhost"}}, test_now)
          .value(),
      site_->issuing);
  EXPECT_EQ(verdict(node, purpose::server), "good");
  EXPECT_EQ(verdict(node, purpose::client), "good");
  EXPECT_EQ(verdict(site_->device("press-7", site_->issuing), purpose::server), "wrong_purpose");
  const auto leaf = honest_leaf("press-7");
  EXPECT_EQ(verdict_on(leaf), "good");
  EXPECT_EQ(verdict_on(with(leaf, NID_ext_key_usage, "serverAuth")), "wrong_purpose");
  EXPECT_EQ(verdict_on(with(leaf, NID_ext_key_usage, "codeSigning,anyExtendedKeyUsage")), "wrong_purpose");
  EXPECT_EQ(verdict_on(with(leaf, NID_ext_key_usage, "")), "wrong_purpose") << "none is not any";
  EXPECT_EQ(verdict_on(with(leaf, NID_key_usage, "critical,dataEncipherment")), "wrong_purpose");
}

TEST_F(a_chain, of_another_site_is_unknown) {
  const test_site other("other");
  EXPECT_EQ(verdict(other.device("press-7", other.issuing)), "unknown_authority");
  const test_site same_name("plant");
  EXPECT_EQ(verdict(same_name.device("press-7", same_name.issuing)), "unknown_authority");
  // With this site's issuing authority in place of its own, which has the same name.
  EXPECT_EQ(verdict(test_site::shown(same_name.device("press-7", same_name.issuing).front(), site_->issuing)),
            "unknown_authority");
  // And a key identifier that says so.
  const auto forged = certificate::parse(forge_der(honest_leaf("press-7"), new_key().native(), site_->issuing.own(),
                                                   same_name.issuing.key()))
                          .value();
  EXPECT_EQ(verdict(test_site::shown(forged, site_->issuing)), "bad_signature");
}

TEST_F(a_chain, that_lacks_its_middle_or_signs_itself_is_unknown) {
  EXPECT_EQ(verdict({site_->device("press-7", site_->issuing).front()}), "unknown_authority");
  const auto key = new_key();
  // Its own issuer: the name of the subject stands in both places.
  auto draft = forge_x509(honest_leaf("press-7"), key.native(), site_->issuing.own(), key);
  X509_set_issuer_name(draft.get(), X509_get_subject_name(draft.get()));
  X509_sign(draft.get(), key.native(), EVP_sha256());
  const auto lonely = certificate::parse(crypto::der_of(i2d_X509, draft.get())).value();
  EXPECT_NE(verdict({lonely}), "good");
  // Not even where somebody trusts it as a root.
  EXPECT_FALSE(
      verify_chain(std::span(&lonely, 1), std::span(&lonely, 1), purpose::client, test_now, nothing_is_revoked));
}

TEST_F(a_chain, has_its_time) {
  const auto shown = site_->device("press-7", site_->issuing);
  EXPECT_EQ(verdict(shown, purpose::client, test_now - 59min), "good") << "clocks differ";
  EXPECT_EQ(verdict(shown, purpose::client, test_now - 61min), "not_yet_valid");
  EXPECT_EQ(verdict(shown, purpose::client, test_now + std::chrono::days(90) - 1s), "good");
  EXPECT_EQ(verdict(shown, purpose::client, test_now + std::chrono::days(91)), "expired");
  EXPECT_EQ(verdict(shown, purpose::client, timestamp{0}), "not_yet_valid") << "a device without a clock";
  auto old = honest_leaf("press-7");
  old.to = test_now - 1s;
  EXPECT_EQ(verdict_on(old), "expired");
}

TEST_F(a_chain, does_not_go_through_a_leaf) {
  const auto key = new_key();
  const auto device =
      site_->issuing.issue(key.public_half(), {.as = profile::device, .name = "press-7"}, test_now).value();
  auto shown = test_site::shown(device, site_->issuing);
  shown.insert(shown.begin(),
               certificate::parse(forge_der(honest_leaf("admin"), new_key().native(), device, key)).value());
  EXPECT_EQ(verdict(shown), "not_an_authority");
  // A certificate without constraints, as version 1 has them, is no authority either.
  auto plain = forgery{.common_names = {"fog-9"}};
  plain.version = X509_VERSION_1;
  EXPECT_EQ(verdict_below(plain, site_->issuing, "admin"), "not_an_authority");
}

TEST_F(a_chain, does_not_end_in_an_authority) {
  EXPECT_EQ(verdict(test_site::shown(site_->gateway.own(), site_->issuing)), "leaf_is_authority");
  EXPECT_EQ(verdict_on(with(honest_leaf("press-7"), NID_basic_constraints, "critical,CA:TRUE")), "leaf_is_authority");
}

TEST_F(a_chain, does_not_go_through_an_authority_that_may_not_sign) {
  auto middle = honest_authority("fog-9 CA", "critical,CA:TRUE,pathlen:0");
  EXPECT_EQ(verdict_below(middle, site_->issuing, "press-7"), "good") << "the same as it should be";
  EXPECT_EQ(verdict_below(with(middle, NID_key_usage, "critical,cRLSign"), site_->issuing, "press-7"),
            "not_an_authority");
}

TEST_F(a_chain, has_no_more_authorities_than_those_above_allow) {
  EXPECT_EQ(verdict_below(honest_authority("fog-1 deeper", "critical,CA:TRUE,pathlen:0"), site_->gateway, "a.fog-1"),
            "chain_too_long")
      << "five certificates";
  // Below an issuing authority that has no room: root, tight (0), deeper (0), leaf.
  auto key = new_key();
  const auto tight = certificate::parse(forge_der(honest_authority("tight", "critical,CA:TRUE,pathlen:0"), key.native(),
                                                  site_->root.own(), site_->root.key()))
                         .value();
  const auto by = authority::open({tight}, key).value();
  EXPECT_EQ(verdict_below(honest_authority("deeper", "critical,CA:TRUE,pathlen:0"), by, "press-7"), "path_too_long");
}

TEST_F(a_chain, that_is_huge_is_refused_before_any_signature_is_looked_at) {
  auto shown = site_->device("press-7.fog-1", site_->gateway);
  shown.insert(shown.end(), 3, site_->root.own());
  EXPECT_EQ(verdict(shown), "chain_too_long");
  std::string pem;
  for (int i = 0; i < 5; ++i) pem += site_->root.own().to_pem();
  EXPECT_EQ(reason_of(parse_chain(as_bytes(pem)).error()), refusal::chain_too_long);
  auto fat = honest_leaf("press-7");
  fat.padding.assign(limits::identity_certificate_bytes_max, 'x');
  const auto der = forge_der(fat, new_key().native(), site_->issuing.own(), site_->issuing.key());
  EXPECT_EQ(reason_of(certificate::parse(der).error()), refusal::too_large);
  EXPECT_EQ(verdict({}), "malformed");
}

TEST_F(a_chain, with_an_unknown_critical_extension_is_refused) {
  auto leaf = honest_leaf("press-7");
  leaf.padding = "known to nobody, and not critical";
  EXPECT_EQ(verdict_on(leaf), "good");
  leaf.extensions.emplace_back(NID_undef, "critical");
  EXPECT_EQ(verdict_on(leaf), "unknown_critical_extension");
  auto middle = honest_authority("fog-9 CA", "critical,CA:TRUE,pathlen:0");
  middle.extensions.emplace_back(NID_undef, "critical");
  EXPECT_EQ(verdict_below(middle, site_->issuing, "press-7"), "unknown_critical_extension");
}

TEST_F(a_chain, names_its_owner_once_and_plainly) {
  const auto leaf = honest_leaf("press-7");
  auto several = leaf;
  several.common_names = {"press-7", "admin"};
  EXPECT_EQ(verdict_on(several), "bad_name");
  for (const auto& bad : {""s, "press-7\0.evil"s, "press 7"s, "press/7"s, "press+7"s, "pr\xc3\xa9ss"s, "a\nb"s}) {
    auto forged = leaf;
    forged.common_names = {bad};
    EXPECT_EQ(verdict_on(forged), "bad_name") << bad;
  }
  auto nameless = leaf;
  nameless.common_names = {};
  EXPECT_NE(verdict_on(nameless), "good");
  EXPECT_EQ(verdict_on(with(leaf, NID_subject_alt_name, "DNS:press-8")), "name_mismatch");
  EXPECT_EQ(verdict_on(with(leaf, NID_subject_alt_name, "DNS:PRESS-7")), "name_mismatch");
  EXPECT_EQ(verdict_on(with(leaf, NID_subject_alt_name, "email:press-7@plant")), "name_mismatch");
  EXPECT_EQ(verdict_on(with(leaf, NID_subject_alt_name, "")), "name_mismatch");
  EXPECT_EQ(verdict_on(with(leaf, NID_subject_alt_name, "DNS:press-7,DNS:press-7.plant")), "good");
}

TEST_F(a_chain, below_a_gateway_stays_within_its_names) {
  const auto verdict_at_gateway = [](const forgery& leaf) { return verdict_on(leaf, site_->gateway); };
  EXPECT_EQ(verdict_at_gateway(honest_leaf("press-7.fog-1")), "good");
  for (const auto* stranger :
       {"admin", "press-7", "press-7.fog-2", "press-7.notfog-1", "xfog-1", "press-7.fog-1.evil"}) {
    EXPECT_EQ(verdict_at_gateway(honest_leaf(stranger)), "outside_constraint") << stranger;
  }
  EXPECT_EQ(verdict_at_gateway(honest_leaf("fog-1")), "outside_constraint") << "its own name is not its to give";
  EXPECT_EQ(verdict_at_gateway(honest_leaf("press-7.FOG-1")), "outside_constraint") << "that is another's name";
  const auto leaf = honest_leaf("press-7.fog-1");
  // The common name is what policies see, and RFC 5280 constrains only the alternative names.
  auto impostor = leaf;
  impostor.common_names = {"admin"};
  EXPECT_EQ(verdict_at_gateway(impostor), "name_mismatch");
  for (const auto* more : {"DNS:admin", "IP:10.0.0.1", "IP:::1", "email:admin@plant", "URI:urn:admin",
                           "URI:https://plant/admin", "email:a@invalid", "otherName:1.2.3.4;UTF8:admin"}) {
    EXPECT_EQ(verdict_at_gateway(with(leaf, NID_subject_alt_name, "DNS:press-7.fog-1,"s + more)), "outside_constraint")
        << more;
  }
}

TEST_F(a_chain, below_a_gateway_has_no_uri_that_ends_within) {
  auto leaf = with(honest_leaf("press-7.fog-1"), NID_subject_alt_name, "");
  const auto draft = forge_x509(leaf, new_key().native(), site_->gateway.own(), site_->gateway.key());
  const crypto::general_names_ptr names(sk_GENERAL_NAME_new_null());
  for (const auto& [kind, text] : {std::pair{GEN_DNS, "press-7.fog-1"s}, {GEN_URI, "http://invalid\0.plant/admin"s}}) {
    auto* value = ASN1_IA5STRING_new();
    ASN1_STRING_set(value, text.data(), static_cast<int>(text.size()));
    auto* one = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(one, kind, value);
    sk_GENERAL_NAME_push(names.get(), one);
  }
  X509_add1_ext_i2d(draft.get(), NID_subject_alt_name, names.get(), 0, 0);
  X509_sign(draft.get(), site_->gateway.key().native(), EVP_sha256());
  const auto forged = certificate::parse(crypto::der_of(i2d_X509, draft.get())).value();
  EXPECT_EQ(verdict(test_site::shown(forged, site_->gateway)), "outside_constraint");
}

TEST_F(a_chain, below_a_gateway_cannot_be_widened) {
  auto middle = honest_authority("fog-9 CA", "critical,CA:TRUE,pathlen:0");
  middle.extensions.emplace_back(NID_name_constraints, "critical,excluded;DNS:nothing");
  EXPECT_EQ(verdict_below(middle, site_->issuing, "press-7"), "not_conforming") << "constrained, but to nobody";
  EXPECT_EQ(verdict_below(with(middle, NID_name_constraints, "critical,permitted;DNS:fog-9,permitted;DNS:fog-8"),
                          site_->issuing, "press-7.fog-9"),
            "not_conforming");
}

TEST_F(a_chain, of_weak_keys_or_digests_is_refused) {
  const auto with_key = [](EVP_PKEY* owner) {
    const crypto::key_ptr owned(owner);
    const auto der = forge_der(honest_leaf("press-7"), owner, site_->issuing.own(), site_->issuing.key());
    return verdict(test_site::shown(certificate::parse(der).value(), site_->issuing));
  };
  EXPECT_EQ(with_key(EVP_RSA_gen(2048)), "good");
  EXPECT_EQ(with_key(EVP_RSA_gen(1024)), "weak_key");
  EXPECT_EQ(with_key(EVP_EC_gen("secp256k1")), "weak_key");
  EXPECT_EQ(with_key(EVP_EC_gen("P-224")), "weak_key");
  EXPECT_EQ(with_key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")), "good");
  EXPECT_EQ(with_key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448")), "weak_key");
  auto leaf = honest_leaf("press-7");
  leaf.digest = EVP_sha1();
  EXPECT_EQ(verdict_on(leaf), "weak_signature");
  leaf.digest = EVP_sha512();
  EXPECT_EQ(verdict_on(leaf), "good");
}

TEST_F(a_chain, is_refused_when_it_or_an_authority_above_it_is_revoked) {
  const auto shown = site_->device("press-7.fog-1", site_->gateway);
  const auto revoking = [&](std::string issuer_key_id, std::string serial) {
    return [=](std::string_view of, std::string_view number) { return of == issuer_key_id && number == serial; };
  };
  const auto verdict_with = [&](auto revoked) { return verdict(shown, purpose::client, test_now, revoked); };
  const auto gateway_key = site_->gateway.key().public_half().key_id();
  const auto issuing_key = site_->issuing.key().public_half().key_id();
  EXPECT_EQ(verdict_with(revoking(gateway_key, shown[0].facts().serial)), "revoked");
  EXPECT_EQ(verdict_with(revoking(issuing_key, shown[0].facts().serial)), "good") << "another's serial";
  EXPECT_EQ(verdict_with(revoking(issuing_key, site_->gateway.own().facts().serial)), "authority_revoked");
  EXPECT_EQ(verdict_with(revoking(site_->root.key().public_half().key_id(), site_->issuing.own().facts().serial)),
            "authority_revoked");
}

TEST_F(a_chain, is_refused_when_bytes_of_it_change) {
  const auto der = site_->device("press-7", site_->issuing).front().to_der();
  for (std::size_t at = 0; at < der.size(); ++at) {
    auto changed = der;
    changed[at] ^= 0x01;
    const auto parsed = certificate::parse_der(changed);
    if (parsed) {
      EXPECT_NE(verdict(test_site::shown(*parsed, site_->issuing)), "good") << at;
    } else {
      EXPECT_TRUE(reason_of(parsed.error())) << at;
    }
  }
}

TEST_F(a_chain, is_trusted_by_both_roots_while_they_roll_over) {
  const test_site next("next");
  const std::vector roots{site_->root.own(), next.root.own()};
  for (const auto* site : {static_cast<const test_site*>(site_.get()), &next}) {
    EXPECT_TRUE(
        verify_chain(site->device("press-7", site->issuing), roots, purpose::client, test_now, nothing_is_revoked));
  }
  const std::vector<certificate> many(limits::identity_roots_max + 1, next.root.own());
  EXPECT_TRUE(
      is(verify_chain(next.device("a", next.issuing), many, purpose::client, test_now, nothing_is_revoked).error(),
         errc::too_large));
}

}  // namespace
}  // namespace perigee::identity

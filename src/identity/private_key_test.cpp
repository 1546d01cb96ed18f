#include "identity/private_key.hpp"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/identity_limits.hpp"
#include "identity/refusal.hpp"

namespace perigee::identity {
namespace {

class each_kind : public testing::TestWithParam<std::pair<key_kind, const char*>> {};

TEST_P(each_kind, of_key_is_read_as_it_was_written) {
  const auto [kind, name] = GetParam();
  const auto key = private_key::generate(kind);
  ASSERT_TRUE(key) << key.error().text();
  EXPECT_EQ(key->public_half().kind(), name);
  const auto again = private_key::from_pem(key->to_pem().value());
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->public_half(), key->public_half());
  EXPECT_EQ(again->public_half().fingerprint(), key->public_half().fingerprint());
  EXPECT_EQ(key->public_half().fingerprint().size(), 64U);
  EXPECT_EQ(key->public_half().key_id().size(), 40U);
}

INSTANTIATE_TEST_SUITE_P(keys, each_kind,
                         testing::Values(std::pair{key_kind::p256, "EC P-256"}, std::pair{key_kind::p384, "EC P-384"},
                                         std::pair{key_kind::ed25519, "Ed25519"},
                                         std::pair{key_kind::rsa_3072, "RSA 3072"}));

TEST(private_key, two_keys_are_not_one) {
  const auto a = private_key::generate(key_kind::p256).value().public_half();
  const auto b = private_key::generate(key_kind::p256).value().public_half();
  EXPECT_FALSE(a == b);
  EXPECT_NE(a.fingerprint(), b.fingerprint());
  EXPECT_NE(a.key_id(), b.key_id());
}

TEST(private_key, is_encrypted_under_a_passphrase) {
  const auto key = private_key::generate(key_kind::p256).value();
  const auto pem = key.to_pem("open sesame").value();
  EXPECT_TRUE(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
  EXPECT_EQ(private_key::from_pem(pem, "open sesame").value().public_half(), key.public_half());
  const auto none = private_key::from_pem(pem);
  ASSERT_FALSE(none);
  EXPECT_TRUE(is(none.error(), errc::refused)) << none.error().text();
  EXPECT_STREQ(none.error().what, "the private key is encrypted: give its passphrase");
  const auto wrong = private_key::from_pem(pem, "open sesam");
  ASSERT_FALSE(wrong);
  EXPECT_STREQ(wrong.error().what, "this is not the passphrase of the private key");
}

TEST(private_key, that_is_none_is_refused) {
  for (const std::string_view bad : {"", "nothing", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}) {
    const auto read = private_key::from_pem(bad);
    ASSERT_FALSE(read);
    EXPECT_TRUE(is(read.error(), errc::malformed));
  }
  EXPECT_TRUE(is(private_key::from_pem(std::string(limits::identity_key_bytes_max + 1, 'a')).error(), errc::too_large));
  const auto key = private_key::generate(key_kind::p256).value();
  EXPECT_TRUE(is(key.to_pem(std::string(limits::identity_passphrase_bytes_max + 1, 'a')).error(), errc::too_large));
}

TEST(private_key, that_is_weak_is_refused) {
  for (auto* weak : {EVP_EC_gen("secp256k1"), EVP_EC_gen("P-521"), EVP_RSA_gen(1024),
                     EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")}) {
    const private_key key(std::shared_ptr<EVP_PKEY>(weak, EVP_PKEY_free));
    const auto read = private_key::from_pem(key.to_pem().value());
    ASSERT_FALSE(read);
    EXPECT_EQ(reason_of(read.error()), refusal::weak_key);
  }
}

TEST(key_in_token, of_an_unknown_kind_is_refused) {
  for (const auto* uri : {"", "file:/etc/passwd", "/etc/passwd", "https://example/key", "engine:dynamic"}) {
    const auto found = key_in_token(uri);
    ASSERT_FALSE(found);
    EXPECT_TRUE(is(found.error(), errc::malformed)) << found.error().text();
  }
}

}  // namespace
}  // namespace perigee::identity

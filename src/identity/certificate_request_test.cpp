#include "identity/certificate_request.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <functional>

#include "base/identity_limits.hpp"
#include "identity/forgery_test.hpp"
#include "identity/refusal.hpp"

namespace perigee::identity {
namespace {

using namespace std::string_literals;

/// A request that somebody has changed after it was made; `changed` may sign it again.
std::string verdict_on(const std::string& pem, const std::function<void(X509_REQ*)>& change) {
  const crypto::request_ptr request(
      PEM_read_bio_X509_REQ(crypto::reading(as_bytes(pem)).get(), nullptr, nullptr, nullptr));
  change(request.get());
  const auto read = certificate_request::parse(crypto::der_of(i2d_X509_REQ, request.get()));
  if (read) return "good";
  return std::string(text_of(reason_of(read.error()).value()).name);
}

class a_request : public testing::Test {
 protected:
  [[nodiscard]] std::string verdict(const std::function<void(X509_REQ*)>& change, bool signed_again = true) const {
    return verdict_on(pem_, [&](X509_REQ* r) {
      change(r);
      // A request remembers its encoding until it is signed anew, so a changed one without possession is signed by
      // somebody else's key.
      X509_REQ_sign(r, (signed_again ? key_ : other_).native(), EVP_sha256());
    });
  }
  static void add_name(X509_REQ* to, const std::string& name) {
    X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(to), NID_commonName, V_ASN1_UTF8STRING,
                               reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()), -1,
                               0);
  }
  static void clear_names(X509_REQ* of) {
    auto* const subject = X509_REQ_get_subject_name(of);
    while (X509_NAME_entry_count(subject) > 0) X509_NAME_ENTRY_free(X509_NAME_delete_entry(subject, 0));
  }

  const private_key key_ = new_key();
  const private_key other_ = new_key();
  const std::string pem_ = certificate_request::make(key_, {.name = "press-7"}).value();
};

TEST_F(a_request, is_read_as_it_was_made) {
  for (const auto kind : {key_kind::p256, key_kind::p384, key_kind::ed25519, key_kind::rsa_3072}) {
    const auto key = new_key(kind);
    const requested_identity wish{
        .name = "press-7", .dns_names = {"press-7", "press-7.plant"}, .challenge_password = "dGxzLXVuaXF1ZQ=="};
    const auto made = certificate_request::make(key, wish);
    ASSERT_TRUE(made) << made.error().text();
    const auto read = certificate_request::parse(as_bytes(*made));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(read->asks().name, wish.name);
    EXPECT_EQ(read->asks().dns_names, wish.dns_names);
    EXPECT_EQ(read->asks().challenge_password, wish.challenge_password);
    EXPECT_EQ(read->key(), key.public_half());
  }
}

TEST_F(a_request, for_a_name_alone_asks_for_nothing_else) {
  const auto read = certificate_request::parse(as_bytes(pem_));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->asks().dns_names.empty());
  EXPECT_EQ(read->asks().challenge_password, "");
  EXPECT_TRUE(is(certificate_request::make(key_, {.name = "press 7"}).error(), errc::malformed));
  EXPECT_TRUE(
      is(certificate_request::make(key_, {.name = "a", .dns_names = {"a,DNS:admin"}}).error(), errc::malformed));
}

TEST_F(a_request, that_is_corrupt_is_refused) {
  const crypto::request_ptr request(
      PEM_read_bio_X509_REQ(crypto::reading(as_bytes(pem_)).get(), nullptr, nullptr, nullptr));
  const auto der = crypto::der_of(i2d_X509_REQ, request.get());
  EXPECT_TRUE(certificate_request::parse(der));
  for (std::size_t at = 0; at < der.size(); ++at) {
    auto changed = der;
    changed[at] ^= 0x01;
    EXPECT_FALSE(certificate_request::parse(changed)) << at;
    EXPECT_FALSE(certificate_request::parse(byte_view(der).first(at))) << at;
  }
  auto longer = der;
  longer.push_back(0);
  EXPECT_EQ(reason_of(certificate_request::parse(longer).error()), refusal::malformed);
  EXPECT_EQ(reason_of(certificate_request::parse(as_bytes(pem_ + pem_)).error()), refusal::malformed);
  EXPECT_EQ(reason_of(certificate_request::parse(byte_buffer(limits::identity_request_bytes_max + 1, 0x30)).error()),
            refusal::malformed)
      << "not even DER";
  byte_buffer huge(limits::identity_request_bytes_max + 1);
  huge[0] = 0x30;
  huge[1] = 0x82;
  EXPECT_EQ(reason_of(certificate_request::parse(huge).error()), refusal::too_large);
}

TEST_F(a_request, without_possession_of_the_key_is_refused) {
  EXPECT_EQ(verdict([](X509_REQ*) {}), "good");
  EXPECT_EQ(verdict([](X509_REQ*) {}, false), "no_possession");
  EXPECT_EQ(verdict([&](X509_REQ* r) { X509_REQ_set_pubkey(r, other_.native()); }), "no_possession")
      << "somebody else's key, signed with one's own";
}

TEST_F(a_request, names_one_owner) {
  EXPECT_EQ(verdict([](X509_REQ* r) { add_name(r, "admin"); }), "bad_name");
  for (const auto& bad : {""s, "press-7\0.evil"s, "press 7"s, "pr\xc3\xa9ss"s}) {
    EXPECT_EQ(verdict([&](X509_REQ* r) {
                clear_names(r);
                if (!bad.empty()) add_name(r, bad);
              }),
              "bad_name")
        << bad;
  }
  const auto other = certificate_request::make(key_, {.name = "press-7", .dns_names = {"admin"}}).value();
  EXPECT_EQ(reason_of(certificate_request::parse(as_bytes(other)).error()), refusal::name_mismatch);
}

TEST_F(a_request, of_a_weak_key_or_digest_is_refused) {
  const auto verdict_with = [](EVP_PKEY* weak, const EVP_MD* digest) {
    const crypto::key_ptr key(weak);
    const crypto::request_ptr request(X509_REQ_new());
    add_name(request.get(), "press-7");
    X509_REQ_set_pubkey(request.get(), key.get());
    X509_REQ_sign(request.get(), key.get(), digest);
    const auto read = certificate_request::parse(crypto::der_of(i2d_X509_REQ, request.get()));
    return read ? "good" : std::string(text_of(reason_of(read.error()).value()).name);
  };
  EXPECT_EQ(verdict_with(EVP_RSA_gen(2048), EVP_sha256()), "good");
  EXPECT_EQ(verdict_with(EVP_RSA_gen(1024), EVP_sha256()), "weak_key");
  EXPECT_EQ(verdict_with(EVP_EC_gen("secp256k1"), EVP_sha256()), "weak_key");
  EXPECT_EQ(verdict_with(EVP_EC_gen("P-521"), EVP_sha256()), "weak_key");
  EXPECT_EQ(verdict_with(EVP_RSA_gen(2048), EVP_sha1()), "weak_signature");
  EXPECT_EQ(verdict_with(EVP_EC_gen("P-256"), EVP_sha1()), "weak_signature");
}

TEST_F(a_request, with_a_curve_that_is_spelt_out_is_refused) {
  const crypto::key_ptr key(EVP_EC_gen("P-256"));
  EVP_PKEY_set_utf8_string_param(key.get(), "encoding", "explicit");
  const crypto::request_ptr request(X509_REQ_new());
  add_name(request.get(), "press-7");
  X509_REQ_set_pubkey(request.get(), key.get());
  X509_REQ_sign(request.get(), key.get(), EVP_sha256());
  const auto read = certificate_request::parse(crypto::der_of(i2d_X509_REQ, request.get()));
  ASSERT_FALSE(read);
  EXPECT_EQ(reason_of(read.error()), refusal::weak_key);
}

TEST_F(a_request, has_one_challenge_password_of_a_bounded_size) {
  const auto add = [](X509_REQ* r, const std::string& password) {
    X509_REQ_add1_attr_by_NID(r, NID_pkcs9_challengePassword, V_ASN1_UTF8STRING,
                              reinterpret_cast<const unsigned char*>(password.data()),
                              static_cast<int>(password.size()));
  };
  EXPECT_EQ(verdict([&](X509_REQ* r) { add(r, std::string(limits::identity_challenge_bytes_max, 'a')); }), "good");
  EXPECT_EQ(verdict([&](X509_REQ* r) { add(r, std::string(limits::identity_challenge_bytes_max + 1, 'a')); }),
            "malformed");
  EXPECT_EQ(verdict([&](X509_REQ* r) {
              add(r, "a");
              X509_ATTRIBUTE_set1_data(X509_REQ_get_attr(r, 0), MBSTRING_UTF8, "b", 1);
            }),
            "malformed")
      << "two values";
  EXPECT_EQ(verdict([&](X509_REQ* r) {
              X509_REQ_add1_attr_by_NID(r, NID_pkcs9_challengePassword, V_ASN1_OCTET_STRING,
                                        reinterpret_cast<const unsigned char*>("a"), 1);
            }),
            "malformed")
      << "not text";
}

TEST_F(a_request, for_more_gets_its_name_alone) {
  const auto verdict_with = [&](int nid, const char* text) {
    return verdict([&](X509_REQ* r) {
      const crypto::extensions_ptr all(sk_X509_EXTENSION_new_null());
      sk_X509_EXTENSION_push(all.get(), X509V3_EXT_nconf_nid(nullptr, nullptr, nid, text));
      X509_REQ_add_extensions(r, all.get());
    });
  };
  EXPECT_EQ(verdict_with(NID_basic_constraints, "critical,CA:TRUE"), "good") << "asked, and not given: authority_test";
  EXPECT_EQ(verdict_with(NID_subject_alt_name, "URI:urn:admin"), "good");
}

}  // namespace
}  // namespace perigee::identity

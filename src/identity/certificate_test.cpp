#include "identity/certificate.hpp"

#include <gtest/gtest.h>

#include "identity/forgery_test.hpp"
#include "identity/names.hpp"
#include "identity/refusal.hpp"

namespace perigee::identity {
namespace {

std::optional<refusal> reason(const auto& failed) { return failed ? std::nullopt : reason_of(failed.error()); }

class certificates : public testing::Test {
 protected:
  test_site site_;
};

TEST_F(certificates, say_what_they_say) {
  const auto made =
      site_.issuing
          .issue(new_key().public_half(),
                 {.as = profile::node, .name = "fog-1", .dns_names = {"localhost"}, .addresses = {"127.0.0.1", "::1"}},
                 test_now)
          .value();
  for (const auto& read : {certificate::parse(made.to_der()), certificate::parse(as_bytes(made.to_pem()))}) {
    ASSERT_TRUE(read) << read.error().text();
    const auto& facts = read->facts();
    EXPECT_EQ(facts.common_name, "fog-1");
    EXPECT_EQ(facts.dns_names, (std::vector<std::string>{"fog-1", "localhost"}));
    EXPECT_TRUE(facts.other_alternative_names);
    EXPECT_EQ(facts.subject, "CN=fog-1");
    EXPECT_EQ(facts.issuer, "CN=plant issuing");
    EXPECT_EQ(facts.not_before, test_now - std::chrono::hours(1));
    EXPECT_EQ(facts.not_after, test_now + std::chrono::days(90));
    EXPECT_FALSE(facts.is_authority);
    EXPECT_TRUE(facts.for_clients);
    EXPECT_TRUE(facts.for_servers);
    EXPECT_EQ(facts.subject_key_id, made.key().key_id());
    EXPECT_EQ(facts.authority_key_id, site_.issuing.key().public_half().key_id());
    EXPECT_EQ(facts.fingerprint.size(), 64U);
    EXPECT_GE(facts.serial.size(), 20U) << "159 random bits";
    EXPECT_EQ(*read, made);
  }
}

TEST_F(certificates, of_authorities_say_what_these_may) {
  const auto& root = site_.root.own().facts();
  EXPECT_TRUE(root.is_authority);
  EXPECT_EQ(root.path_length, 2);
  EXPECT_EQ(site_.issuing.own().facts().path_length, 1);
  const auto& gateway = site_.gateway.own().facts();
  EXPECT_EQ(gateway.common_name, "fog-1 CA");
  EXPECT_EQ(gateway.path_length, 0);
  EXPECT_TRUE(gateway.is_constrained);
  EXPECT_EQ(gateway.permitted_names, std::vector<std::string>{"fog-1"});
}

TEST_F(certificates, that_are_none_are_refused) {
  const auto der = site_.root.own().to_der();
  EXPECT_EQ(reason(certificate::parse({})), refusal::malformed);
  EXPECT_EQ(reason(certificate::parse(as_bytes("nothing"))), refusal::malformed);
  for (std::size_t n = 0; n < der.size(); ++n) {
    EXPECT_EQ(reason(certificate::parse(byte_view(der).first(n))), refusal::malformed) << n;
  }
  auto longer = der;
  longer.push_back(0);
  EXPECT_EQ(reason(certificate::parse(longer)), refusal::malformed) << "bytes behind it";
  const auto pem = site_.root.own().to_pem();
  EXPECT_EQ(reason(certificate::parse(as_bytes(pem + pem))), refusal::malformed) << "two";
  EXPECT_EQ(reason(certificate::parse(as_bytes(new_key().to_pem().value()))), refusal::malformed);
}

TEST_F(certificates, have_one_encoding) {
  auto der = site_.root.own().to_der();
  ASSERT_EQ(der[1], 0x82) << "two bytes of length";
  der[1] = 0x83;  // and three, of which the first is 0: BER has that, DER has not
  der.insert(der.begin() + 2, 0);
  EXPECT_EQ(reason(certificate::parse(der)), refusal::malformed);
}

TEST_F(certificates, with_two_extensions_of_one_kind_are_refused) {
  auto leaf = honest_leaf("press-7");
  leaf.extensions.emplace_back(NID_subject_alt_name, "DNS:admin");
  const auto der = forge_der(leaf, new_key().native(), site_.issuing.own(), site_.issuing.key());
  EXPECT_EQ(reason(certificate::parse(der)), refusal::malformed);
}

TEST_F(certificates, with_too_many_names_are_refused) {
  std::string names = "DNS:press-7";
  for (int i = 0; i < 40; ++i) names += ",DNS:a" + std::to_string(i);
  const auto der = forge_der(with(honest_leaf("press-7"), NID_subject_alt_name, names), new_key().native(),
                             site_.issuing.own(), site_.issuing.key());
  EXPECT_EQ(reason(certificate::parse(der)), refusal::too_large);
}

TEST_F(certificates, that_never_end_end_with_our_time) {
  auto leaf = honest_leaf("press-7");
  const auto draft = forge_x509(leaf, new_key().native(), site_.issuing.own(), site_.issuing.key());
  ASN1_TIME_set_string(X509_getm_notAfter(draft.get()), "99991231235959Z");  // RFC 5280 4.1.2.5
  X509_sign(draft.get(), site_.issuing.key().native(), EVP_sha256());
  const auto read = certificate::parse(crypto::der_of(i2d_X509, draft.get()));
  ASSERT_TRUE(read);
  EXPECT_GT(read->facts().not_after, test_now + std::chrono::years(200));
}

TEST_F(certificates, come_as_chains) {
  const auto chain = site_.device("press-7.fog-1", site_.gateway);
  const auto pem = to_pem(chain);
  const auto read = parse_chain(as_bytes("behind a word of explanation\n" + pem));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, chain);
  EXPECT_EQ(parse_chain(chain[0].to_der()).value().size(), 1U);
  EXPECT_EQ(first_certificate(as_bytes(pem)).value(), chain[0]);
  const auto key = new_key().to_pem().value();
  EXPECT_EQ(first_certificate(as_bytes(key + pem)).value(), chain[0]);
  EXPECT_EQ(reason(parse_chain(as_bytes(pem + key))), refusal::malformed) << "a key is nobody's chain";
  EXPECT_EQ(reason(parse_chain(as_bytes("nothing"))), refusal::malformed);
  EXPECT_EQ(reason(parse_chain(as_bytes(pem.substr(0, pem.size() - 40)))), refusal::malformed);
  EXPECT_EQ(reason(first_certificate(as_bytes(key))), refusal::malformed);
  EXPECT_EQ(reason(parse_chain(as_bytes(pem + std::string(70'000, '\n')))), refusal::too_large);
}

TEST(names, are_plain) {
  EXPECT_TRUE(is_name("press-7.fog_1"));
  EXPECT_TRUE(is_name(std::string(64, 'a')));
  for (const std::string_view bad : {"", " ", "a b", "a/b", "a+", "a#", "pr\xc3\xa9ss", "a\n", "*"}) {
    EXPECT_FALSE(is_name(bad)) << bad;
  }
  EXPECT_FALSE(is_name(std::string(65, 'a')));
  EXPECT_TRUE(is_gateway_name("fog-1.hall-2"));
  for (const std::string_view bad : {".fog", "fog.", "fog..1", ""}) EXPECT_FALSE(is_gateway_name(bad)) << bad;
  EXPECT_FALSE(is_gateway_name(std::string(62, 'a')));
}

TEST(names, are_below_a_gateway_by_their_end) {
  EXPECT_TRUE(is_below("press-7.fog-1", "fog-1"));
  EXPECT_TRUE(is_below("a.b.fog-1", "fog-1"));
  for (const std::string_view stranger : {"fog-1", ".fog-1", "xfog-1", "press.FOG-1", "press.fog-2", ""}) {
    EXPECT_FALSE(is_below(stranger, "fog-1")) << stranger;
  }
}

}  // namespace
}  // namespace perigee::identity

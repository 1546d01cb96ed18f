// Names out of certificates, honest and otherwise.

#include "io/detail/certificate.hpp"

#include <gtest/gtest.h>

#include "crypto/openssl.hpp"
#include "io/authority_test.hpp"

namespace perigee::io {
namespace {

class a_certificate : public testing::Test {
 protected:
  std::string name(const certificate_wish& wish, identity_source where = identity_source::common_name) {
    const auto found = name_in(*authority_.issue(wish), where);
    return found ? *found : std::string("refused: ") + found.error().what;
  }
  static constexpr auto dns = identity_source::dns_name;

  test_authority authority_;
};

TEST_F(a_certificate, names_its_owner_where_it_is_asked_to) {
  const certificate_wish wish{
      .common_names = {"press-1"},
      .alternative_names = {{GEN_DNS, "press-1.plant"}, {GEN_URI, "urn:x:press"}, {GEN_EMAIL, "p@plant"}}};
  EXPECT_EQ(name(wish), "press-1");
  EXPECT_EQ(name(wish, dns), "press-1.plant");
  EXPECT_EQ(name(wish, identity_source::uri), "urn:x:press");
  EXPECT_EQ(name(wish, identity_source::email), "p@plant");
  EXPECT_EQ(name(wish, identity_source::subject), "CN=press-1");
}

TEST_F(a_certificate, names_in_other_scripts_are_utf8) {
  EXPECT_EQ(name({.common_names = {"Prüfstand-7"}}), "Prüfstand-7");
  EXPECT_EQ(name({.common_names = {"Prüfstand, 7"}}, identity_source::subject), "CN=Prüfstand\\, 7");
}

TEST_F(a_certificate, that_does_not_say_is_told_from_one_that_says_two_things) {
  const auto without = name_in(*authority_.issue({}), identity_source::common_name);
  EXPECT_TRUE(is(without.error(), errc::not_found));
  const auto several = name_in(*authority_.issue({.common_names = {"a", "b"}}), identity_source::common_name);
  EXPECT_TRUE(is(several.error(), errc::malformed));
  EXPECT_EQ(name({.alternative_names = {{GEN_DNS, "a"}, {GEN_DNS, "b"}}}, dns),
            "refused: the certificate has several alternative names of this kind");
}

TEST_F(a_certificate, with_bytes_that_hide_names_nobody) {
  using namespace std::string_literals;
  for (const auto& bad : {"press\0admin"s, "press\n"s, "\x1b[2K"s, "\x7f"s, "a\xc2\x85"s, ""s, "\xff\xfe"s}) {
    EXPECT_TRUE(name({.common_names = {bad}}).starts_with("refused: ")) << bad;
    EXPECT_TRUE(name({.alternative_names = {{GEN_DNS, bad}}}, dns).starts_with("refused: ")) << bad;
  }
  EXPECT_TRUE(name({.alternative_names = {{GEN_URI, std::string(300, 'a')}}}, identity_source::uri)
                  .starts_with("refused: the certificate's name is too long"));
  EXPECT_TRUE(name({.alternative_names = {{GEN_DNS, "Pr\xc3\xbc"}}}, dns).starts_with("refused: ")) << "not IA5";
}

TEST_F(a_certificate, of_a_server_is_for_its_dns_names_or_else_its_common_name) {
  const auto both = authority_.issue({.common_names = {"cn"}, .alternative_names = {{GEN_DNS, "a"}, {GEN_DNS, "b"}}});
  EXPECT_EQ(server_names(*both), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(server_names(*authority_.issue({.common_names = {"cn"}})), std::vector<std::string>{"cn"});
}

TEST_F(a_certificate, is_told_from_every_other_by_its_issuer_and_serial_number) {
  const auto one = describe_peer(*authority_.issue({.common_names = {"a"}}));
  const auto other = describe_peer(*authority_.issue({.common_names = {"a"}}));
  const auto elsewhere = describe_peer(*test_authority().issue({.common_names = {"a"}}));
  ASSERT_TRUE(one && other && elsewhere);
  EXPECT_EQ(one->issuer.size(), 40U);
  EXPECT_EQ(one->issuer, other->issuer);
  EXPECT_EQ(one->issuer, elsewhere->issuer) << "of an authority without a key identifier, the name";
  EXPECT_NE(one->serial, other->serial);
  EXPECT_NE(one->fingerprint, other->fingerprint);
}

TEST_F(a_certificate, has_a_serial_number_that_can_be_one) {
  const auto serial = [&](const char* hexadecimal) {
    const auto made = authority_.issue({.common_names = {"a"}});
    BIGNUM* number = nullptr;
    BN_hex2bn(&number, hexadecimal);
    const crypto::number_ptr owned(number);
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(made.get()));
    const auto described = describe_peer(*made);
    return described ? described->serial : "refused";
  };
  EXPECT_EQ(serial("0"), "0");
  EXPECT_EQ(serial("0A0B"), "a0b");
  EXPECT_EQ(serial("7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"), "7fffffffffffffffffffffffffffffffffffffff");
  EXPECT_EQ(serial("01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"), "refused");
  EXPECT_EQ(serial("-1"), "refused");
}

TEST(certificate_names, cover_hosts) {
  EXPECT_TRUE(covers("gw.example", "GW.Example"));
  EXPECT_FALSE(covers("gw.example", "gw.example.org"));
  EXPECT_TRUE(covers("*.example", "gw.example"));
  EXPECT_FALSE(covers("*.example", "example"));
  EXPECT_FALSE(covers("*.example", ".example"));
  EXPECT_FALSE(covers("*.example", "a.gw.example")) << "one label only";
  EXPECT_FALSE(covers("*", "gw"));
}

}  // namespace
}  // namespace perigee::io

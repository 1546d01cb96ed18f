#include "identity/authority.hpp"

#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include <set>

#include "identity/certificate_request.hpp"
#include "identity/forgery_test.hpp"
#include "identity/refusal.hpp"

namespace perigee::identity {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

class an_authority : public testing::Test {
 protected:
  static std::string verdict(const result<certificate>& issued) {
    if (issued) return "good";
    const auto reason = reason_of(issued.error());
    return reason ? std::string(text_of(*reason).name) : issued.error().code.message();
  }
  static std::string verdict(const authority& by, const certificate_order& order, timestamp now = test_now) {
    return verdict(by.issue(new_key().public_half(), order, now));
  }

  test_site site_;
};

TEST_F(an_authority, gives_what_it_was_told_to_and_not_what_a_request_asks) {
  const auto key = new_key();
  const auto pem = certificate_request::make(key, {.name = "press-7", .dns_names = {"press-7", "admin"}}).value();
  const auto request = certificate_request::parse(as_bytes(pem)).value();
  const auto issued =
      site_.issuing.issue(request.key(), {.as = profile::device, .name = request.asks().name}, test_now).value();
  EXPECT_EQ(issued.facts().common_name, "press-7");
  EXPECT_EQ(issued.facts().dns_names, std::vector<std::string>{"press-7"});
  EXPECT_EQ(issued.key(), key.public_half());
  EXPECT_FALSE(issued.facts().is_authority);
}

TEST_F(an_authority, gives_no_serial_twice) {
  std::set<std::string> serials;
  for (int i = 0; i < 100; ++i) {
    serials.insert(site_.issuing.issue(new_key().public_half(), {.name = "a"}, test_now).value().facts().serial);
  }
  EXPECT_EQ(serials.size(), 100U);
}

TEST_F(an_authority, keeps_to_the_terms_of_a_profile) {
  const auto life_of = [&](const certificate_order& order) {
    const auto facts = site_.issuing.issue(new_key().public_half(), order, test_now).value().facts();
    return facts.not_after - test_now;
  };
  EXPECT_EQ(life_of({.name = "a"}), days(90));
  EXPECT_EQ(life_of({.name = "a", .life = 1h}), 1h);
  EXPECT_EQ(life_of({.as = profile::gateway, .name = "fog-2"}), days(365));
  EXPECT_EQ(verdict(site_.issuing, {.name = "a", .life = 59min}), "malformed");
  EXPECT_EQ(verdict(site_.issuing, {.name = "a", .life = std::chrono::years(11)}), "malformed");
  for (const auto* bad : {"", "a b", "a,DNS:admin", "a\n"}) {
    EXPECT_EQ(verdict(site_.issuing, {.name = bad}), "malformed") << bad;
  }
  EXPECT_EQ(verdict(site_.issuing, {.as = profile::gateway, .name = "fog..1"}), "malformed");
  EXPECT_EQ(verdict(site_.issuing, {.name = "a", .dns_names = {"b"}}), "malformed") << "a device has one name";
  EXPECT_EQ(verdict(site_.issuing, {.as = profile::node, .name = "a", .dns_names = {"b,DNS:c"}}), "malformed");
  for (const auto* host : {"*", "*.plant", "a.*.plant", "b*.hall.plant", "", ".", "a..b", "a.b.", "-a", "a-",
                           "b\xc3\xbcro.plant", "a b", "a\n", "a,b", "192.0.2.1:1"}) {
    EXPECT_EQ(verdict(site_.issuing, {.as = profile::node, .name = "a", .dns_names = {host}}), "malformed") << host;
  }
  EXPECT_EQ(verdict(site_.issuing, {.as = profile::node, .name = "a", .dns_names = {std::string(64, 'x')}}),
            "malformed");
  for (const auto* host : {"*.hall.plant", "cloud", "my_host.plant", "xn--bro-hoa.plant", "a.b"}) {
    EXPECT_EQ(verdict(site_.issuing, {.as = profile::node, .name = "a", .dns_names = {host}}), "good") << host;
  }
  EXPECT_EQ(verdict(site_.issuing, {.as = profile::node, .name = "a", .addresses = {"10.0.0"}}), "malformed");
  EXPECT_EQ(verdict(site_.root, {.as = profile::issuing, .name = std::string(65, 'a')}), "malformed");
}

TEST_F(an_authority, gives_nothing_that_outlives_it) {
  const auto late = test_now + days(360);
  const auto issued = site_.gateway.issue(new_key().public_half(), {.name = "a.fog-1"}, late).value();
  EXPECT_EQ(issued.facts().not_after, site_.gateway.own().facts().not_after);
  EXPECT_EQ(verdict(site_.gateway, {.name = "a.fog-1"}, test_now + days(366)), "expired");
  EXPECT_EQ(verdict(site_.gateway, {.name = "a.fog-1"}, timestamp{}), "not_yet_valid");
}

TEST_F(an_authority, of_a_gateway_issues_below_its_name_only) {
  EXPECT_EQ(site_.gateway.gateway(), "fog-1");
  EXPECT_EQ(site_.issuing.gateway(), "");
  EXPECT_EQ(verdict(site_.gateway, {.name = "press-7.fog-1"}), "good");
  for (const auto* stranger : {"press-7", "fog-1", "press-7.fog-2", "press-7.FOG-1"}) {
    EXPECT_EQ(verdict(site_.gateway, {.name = stranger}), "outside_constraint") << stranger;
  }
  EXPECT_EQ(verdict(site_.gateway, {.as = profile::node, .name = "a.fog-1", .dns_names = {"localhost"}}),
            "outside_constraint");
  EXPECT_EQ(verdict(site_.gateway, {.as = profile::node, .name = "a.fog-1", .addresses = {"10.0.0.1"}}),
            "outside_constraint");
}

TEST_F(an_authority, has_as_many_below_it_as_it_may) {
  EXPECT_EQ(verdict(site_.root, {.as = profile::issuing, .name = "second"}), "good");
  EXPECT_EQ(verdict(site_.issuing, {.as = profile::issuing, .name = "second"}), "path_too_long");
  EXPECT_EQ(verdict(site_.gateway, {.as = profile::gateway, .name = "a.fog-1"}), "path_too_long");
}

TEST_F(an_authority, certifies_no_weak_key) {
  const public_key weak(std::shared_ptr<EVP_PKEY>(EVP_RSA_gen(1024), EVP_PKEY_free));
  EXPECT_EQ(verdict(site_.issuing.issue(weak, {.name = "a"}, test_now)), "weak_key");
}

TEST_F(an_authority, opens_with_its_own_key_only) {
  EXPECT_TRUE(is(authority::open({site_.issuing.own()}, new_key()).error(), errc::refused));
  const auto key = new_key();
  const auto leaf = site_.issuing.issue(key.public_half(), {.name = "a"}, test_now).value();
  EXPECT_EQ(reason_of(authority::open({leaf}, key).error()), refusal::not_an_authority);
  EXPECT_FALSE(authority::open({}, key));
  const auto again = authority::open({site_.issuing.own(), site_.root.own()}, site_.issuing.key());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->shown().size(), 1U) << "the root stays at home";
  EXPECT_EQ(site_.gateway.shown().size(), 2U);
  EXPECT_TRUE(site_.root.shown().empty());
}

TEST_F(an_authority, may_have_any_kind_of_key) {
  for (const auto kind : {key_kind::p384, key_kind::ed25519, key_kind::rsa_3072}) {
    const auto root = authority::make_root("root", new_key(kind), test_now).value();
    const auto issuing = test_site::below(root, {.as = profile::issuing, .name = "issuing"});
    const auto leaf = issuing.issue(new_key(kind).public_half(), {.name = "a"}, test_now).value();
    const auto found = verify_chain(test_site::shown(leaf, issuing), std::span(&root.own(), 1), purpose::client,
                                    test_now, [](auto, auto) { return false; });
    EXPECT_TRUE(found) << found.error().text();
  }
}

}  // namespace
}  // namespace perigee::identity

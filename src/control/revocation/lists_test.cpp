#include "control/revocation/lists.hpp"

#include <gtest/gtest.h>

#include <format>

#include "base/identity_limits.hpp"
#include "identity/forgery_test.hpp"
#include "identity/refusal.hpp"

namespace perigee::control::revocation {
namespace {

using namespace std::chrono_literals;
using identity::authority;
using identity::reason_of;
using identity::refusal;
using identity::test_now;

class handed_lists : public testing::Test {
 protected:
  static handed_list of(const authority& by, std::uint64_t number, const std::vector<std::string>& serials) {
    std::vector<identity::revocation> all;
    for (const auto& serial : serials) all.push_back({serial, test_now});
    const identity::list_terms terms{.number = number, .this_update = test_now, .next_update = test_now + 24h};
    return {{by.shown().begin(), by.shown().end()}, identity::make_revocation_list(by, all, terms).value()};
  }
  static std::string issuer_of(const authority& by) { return by.own().facts().subject_key_id; }
  void SetUp() override { lists_.trust({site_.root.own()}); }

  identity::test_site site_;
  lists lists_;
};

TEST_F(handed_lists, say_what_is_revoked) {
  const auto kept = lists_.take(of(site_.issuing, 7, {"1a", "2b"}), test_now);
  ASSERT_TRUE(kept) << kept.error().text();
  EXPECT_EQ(kept->subject, "CN=plant issuing");
  EXPECT_EQ(kept->revoked, 2U);
  EXPECT_TRUE(lists_.is_revoked(issuer_of(site_.issuing), "1a"));
  EXPECT_FALSE(lists_.is_revoked(issuer_of(site_.issuing), "3c"));
  EXPECT_FALSE(lists_.is_revoked(issuer_of(site_.gateway), "1a"));
  EXPECT_EQ(lists_.number_of(issuer_of(site_.issuing)), 7U);
  EXPECT_EQ(lists_.number_of("none"), 0U);
}

TEST_F(handed_lists, give_way_to_newer_ones_only) {
  ASSERT_TRUE(lists_.take(of(site_.issuing, 7, {"1a"}), test_now));
  EXPECT_TRUE(is(lists_.take(of(site_.issuing, 7, {}), test_now).error(), errc::exists));
  EXPECT_TRUE(is(lists_.take(of(site_.issuing, 6, {}), test_now).error(), errc::exists)) << "an old one, replayed";
  EXPECT_TRUE(lists_.is_revoked(issuer_of(site_.issuing), "1a"));
  ASSERT_TRUE(lists_.take(of(site_.issuing, 8, {"2b"}), test_now));
  EXPECT_FALSE(lists_.is_revoked(issuer_of(site_.issuing), "1a")) << "it was on hold";
  EXPECT_TRUE(lists_.is_revoked(issuer_of(site_.issuing), "2b"));
}

TEST_F(handed_lists, are_kept_of_each_authority) {
  ASSERT_TRUE(lists_.take(of(site_.issuing, 1, {"1a"}), test_now));
  ASSERT_TRUE(lists_.take(of(site_.gateway, 1, {"2b"}), test_now));
  EXPECT_EQ(lists_.states().size(), 2U);
  EXPECT_TRUE(lists_.is_revoked(issuer_of(site_.issuing), "1a"));
  EXPECT_TRUE(lists_.is_revoked(issuer_of(site_.gateway), "2b"));
}

TEST_F(handed_lists, of_an_authority_that_is_revoked_are_not_believed) {
  const auto gateway = site_.gateway.own().facts().serial;
  ASSERT_TRUE(lists_.take(of(site_.issuing, 1, {gateway}), test_now));
  EXPECT_EQ(reason_of(lists_.take(of(site_.gateway, 1, {}), test_now).error()), refusal::revoked);
}

TEST_F(handed_lists, of_others_are_refused) {
  const identity::test_site other;
  EXPECT_EQ(reason_of(lists_.take(of(other.issuing, 1, {}), test_now).error()), refusal::unknown_authority);
  auto stolen = of(other.issuing, 1, {});
  stolen.authority = of(site_.issuing, 1, {}).authority;
  EXPECT_EQ(reason_of(lists_.take(stolen, test_now).error()), refusal::bad_signature);
  auto by_leaf = of(site_.issuing, 1, {});
  by_leaf.authority = site_.device("press-7", site_.issuing);
  EXPECT_EQ(reason_of(lists_.take(by_leaf, test_now).error()), refusal::not_an_authority);
  EXPECT_TRUE(is(lists_.take({}, test_now).error(), errc::malformed));
  const auto late = test_now + std::chrono::years(30);
  EXPECT_EQ(reason_of(lists_.take(of(site_.issuing, 1, {}), late).error()), refusal::expired);
}

TEST_F(handed_lists, go_on_as_they_came) {
  const auto given = of(site_.gateway, 3, {"1a"});
  ASSERT_TRUE(lists_.take(given, test_now));
  const auto handed = lists_.handed_on();
  ASSERT_EQ(handed.size(), 1U);
  lists below;
  below.trust({site_.root.own()});
  auto read = decode(handed.begin()->second);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_TRUE(below.take(*std::move(read), test_now));
  EXPECT_TRUE(below.is_revoked(issuer_of(site_.gateway), "1a"));
  EXPECT_TRUE(std::ranges::equal(below.list_of(issuer_of(site_.gateway)), given.list));
  EXPECT_TRUE(below.list_of("none").empty());
}

TEST_F(handed_lists, that_are_cut_or_too_large_do_not_parse) {
  const auto good = encode(of(site_.issuing, 1, {"1a"}));
  for (std::size_t i = 0; i < good.size(); ++i) EXPECT_FALSE(decode(byte_view(good).first(i))) << i;
  auto other_version = good;
  other_version[0] = 2;
  EXPECT_TRUE(is(decode(other_version).error(), errc::unsupported));
  auto many = good;
  many[1] = limits::identity_chain_certificates_max + 1;
  EXPECT_TRUE(is(decode(many).error(), errc::too_large));
  byte_buffer large{1, 1};
  byte_writer(large).sized(byte_view(byte_buffer(limits::identity_certificate_bytes_max + 1)));
  EXPECT_TRUE(is(decode(large).error(), errc::too_large));
}

}  // namespace
}  // namespace perigee::control::revocation

// A site changes its root: whoever trusts the old one, the new one or both gets along with everybody.

#include <gtest/gtest.h>

#include "identity/forgery_test.hpp"

namespace perigee::identity {
namespace {

struct rollover : testing::Test {
  test_site before{"plant"};
  test_site after{"plant"};  // the same names, other keys
  certificate new_with_old = before.root.vouch_for(after.root.own(), test_now).value();
  certificate old_with_new = after.root.vouch_for(before.root.own(), test_now).value();

  static bool good(std::span<const certificate> shown, const std::vector<certificate>& roots) {
    return verify_chain(shown, roots, purpose::client, test_now, [](auto, auto) { return false; }).has_value();
  }
};

TEST_F(rollover, a_root_that_is_vouched_for_is_not_one_itself) {
  EXPECT_TRUE(before.root.own().is_root());
  EXPECT_FALSE(new_with_old.is_root());
  EXPECT_FALSE(old_with_new.is_root());
  EXPECT_FALSE(before.issuing.own().is_root());
  EXPECT_EQ(new_with_old.facts().subject, new_with_old.facts().issuer);
  EXPECT_TRUE(new_with_old.key() == after.root.own().key());
  EXPECT_FALSE(before.root.vouch_for(after.issuing.own(), test_now));
  EXPECT_FALSE(before.issuing.vouch_for(after.root.own(), test_now));
}

TEST_F(rollover, certificates_of_either_are_good_for_who_trusts_either_or_both) {
  auto of_new = after.device("press-7", after.issuing);
  EXPECT_FALSE(good(of_new, {before.root.own()}));
  of_new.push_back(new_with_old);
  auto of_old = before.device("press-7", before.issuing);
  EXPECT_FALSE(good(of_old, {after.root.own()}));
  of_old.push_back(old_with_new);
  for (const auto& shown : {of_new, of_old}) {
    EXPECT_TRUE(good(shown, {before.root.own()}));
    EXPECT_TRUE(good(shown, {after.root.own()}));
    EXPECT_TRUE(good(shown, {before.root.own(), after.root.own()}));
    EXPECT_TRUE(good(shown, {after.root.own(), before.root.own()}));
  }
}

TEST_F(rollover, when_the_old_root_is_gone_its_certificates_are_refused) {
  EXPECT_FALSE(good(before.device("press-7", before.issuing), {after.root.own()}));
  EXPECT_TRUE(good(after.device("press-7", after.issuing), {after.root.own()}));
}

TEST_F(rollover, an_authority_shows_who_vouches_for_its_root) {
  const auto opened = authority::open({after.issuing.own(), new_with_old}, after.issuing.key());
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->shown().size(), 2U);
  const auto leaf =
      opened->issue(new_key().public_half(), {.as = profile::device, .name = "press-8"}, test_now).value();
  EXPECT_TRUE(good(test_site::shown(leaf, *opened), {before.root.own()}));
}

}  // namespace
}  // namespace perigee::identity

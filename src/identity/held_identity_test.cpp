#include "identity/held_identity.hpp"

#include <gtest/gtest.h>

#include "identity/forgery_test.hpp"

namespace perigee::identity {
namespace {

TEST(held_identity, comes_back_as_it_was_written) {
  const test_site site;
  auto key = new_key();
  const auto leaf = site.issuing.issue(key.public_half(), {.as = profile::node, .name = "fog-1"}, test_now).value();
  const auto alone = parse_held(to_pem(held_identity{key}).value());
  ASSERT_TRUE(alone);
  EXPECT_TRUE(alone->chain.empty());
  EXPECT_TRUE(alone->key.public_half() == key.public_half());
  const auto text = to_pem(held_identity{key, test_site::shown(leaf, site.issuing)}).value();
  const auto whole = parse_held(text);
  ASSERT_TRUE(whole);
  ASSERT_EQ(whole->chain.size(), 2U);
  EXPECT_TRUE(whole->chain.front() == leaf);
  EXPECT_EQ(to_pem(*whole).value(), text);
}

TEST(held_identity, refuses_a_key_that_is_not_the_certificates_and_what_is_cut_off) {
  const test_site site;
  const auto key = new_key();
  const auto leaf = site.issuing.issue(key.public_half(), {.as = profile::node, .name = "fog-1"}, test_now).value();
  EXPECT_FALSE(parse_held(to_pem(held_identity{new_key(), {leaf}}).value()));
  EXPECT_FALSE(parse_held(leaf.to_pem()));
  EXPECT_FALSE(parse_held(""));
  const auto text = to_pem(held_identity{key, {leaf}}).value();
  const auto key_ends = to_pem(held_identity{key}).value().size();
  for (std::size_t end = 0; end < text.size() - 1; ++end) {
    const auto part = parse_held(text.substr(0, end));
    // Behind the key's last line and before the first of the certificate there is a key alone, which is not wrong.
    EXPECT_TRUE(!part || (part->chain.empty() && end + 1 >= key_ends)) << end;
  }
}

}  // namespace
}  // namespace perigee::identity

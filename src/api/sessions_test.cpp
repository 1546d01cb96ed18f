#include "api/sessions.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace perigee::api {
namespace {

using namespace std::chrono_literals;

constexpr timestamp start{1'700'000'000'000'000'000};

TEST(a_one_time_token, opens_one_session) {
  sessions all("secret");
  const auto token = all.make_token(start);
  const auto opened = all.redeem(token.text, start + 1min);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->what.user, "local admin");
  EXPECT_TRUE(opened->what.local);
  EXPECT_FALSE(all.redeem(token.text, start + 1min));
  EXPECT_FALSE(all.redeem("another", start));
  EXPECT_FALSE(all.redeem("", start));
}

TEST(a_one_time_token, is_good_for_ten_minutes) {
  sessions all("secret");
  const auto one = all.make_token(start);
  const auto other = all.make_token(start);
  EXPECT_TRUE(all.redeem(one.text, start + 10min - 1ns));
  EXPECT_FALSE(all.redeem(other.text, start + 10min));
}

TEST(a_one_time_token, of_a_user_begins_nothing_until_a_password_is_chosen) {
  sessions all("secret");
  const auto before = all.invite("ann", start);
  const auto token = all.invite("ann", start);
  EXPECT_FALSE(all.find_invitation(before.text, start)) << "another took its place";
  const auto found = all.find_invitation(token.text, start + 59min);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user, "ann");
  EXPECT_FALSE(all.redeem(token.text, start));
  EXPECT_FALSE(all.find_invitation(token.text, start + 1h));
  EXPECT_TRUE(all.spend(token.text));
  EXPECT_FALSE(all.spend(token.text));
  all.give_back(token.text, *found);
  EXPECT_TRUE(all.find_invitation(token.text, start));
}

TEST(a_one_time_token, makes_room_for_a_newer_one) {
  sessions all("secret");
  const auto first = all.make_token(start);
  for (std::uint32_t i = 0; i < limits::http_tokens_max; ++i) (void)all.make_token(start + 1s);
  EXPECT_FALSE(all.redeem(first.text, start + 2s));
}

TEST(a_session, lasts_while_it_is_used_for_twelve_hours) {
  sessions all("secret");
  const auto opened = all.open("ann", start);
  auto now = start;
  for (; now < start + 12h; now = now + 59min) {
    const auto seen = all.use(opened.key, now);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->csrf, opened.what.csrf);
    EXPECT_EQ(seen->user, "ann");
  }
  EXPECT_FALSE(all.use(opened.key, now));
}

TEST(a_session, ends_when_it_is_not_used_or_closed) {
  sessions all("secret");
  const auto idle = all.open("ann", start);
  EXPECT_FALSE(all.use(idle.key, start + 1h));
  const auto closed = all.open("ann", start);
  all.close(closed.key);
  EXPECT_FALSE(all.use(closed.key, start));
  const auto gone = all.open("ann", start);
  const auto other = all.open("bob", start);
  const auto by_token = all.redeem(all.make_token(start).text, start);
  all.close_users([](std::string_view user) { return user == "bob"; });
  EXPECT_FALSE(all.use(gone.key, start));
  EXPECT_TRUE(all.use(other.key, start));
  EXPECT_TRUE(all.use(by_token->key, start));
  EXPECT_FALSE(all.use("", start));
}

TEST(a_session, makes_room_for_a_newer_one) {
  sessions all("secret");
  const auto first = all.open("ann", start);
  for (std::uint32_t i = 0; i < limits::http_sessions_max; ++i) (void)all.open("bob", start + 1s);
  EXPECT_EQ(all.size(), limits::http_sessions_max);
  EXPECT_FALSE(all.use(first.key, start + 2s));
}

TEST(a_session, outlives_its_process_without_its_key) {
  int told = 0;
  sessions before("secret", [&told] { ++told; });
  const auto opened = before.open("ann", start);
  EXPECT_EQ(told, 1);
  const auto kept = before.to_json();
  EXPECT_FALSE(kept.contains(opened.key));
  EXPECT_FALSE(kept.contains(opened.what.csrf));
  sessions after("another");
  ASSERT_TRUE(after.restore(kept, start + 2h));
  const auto seen = after.use(opened.key, start + 2h);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->csrf, opened.what.csrf);
  EXPECT_FALSE(after.use(opened.key, start + 12h));
}

TEST(a_session, is_not_restored_from_what_is_none) {
  sessions all("secret");
  for (const auto* wrong : {"", "{", "[]", "{}", R"({"version":2,"sessions":[]})", R"({"version":1,"sessions":[1]})",
                            R"({"version":1,"sessions":[{"digest":"00","user":"a","expires":"2026-01-01T00:00:00Z"}]})",
                            R"({"version":1,"sessions":[{"user":"a"}]})"}) {
    EXPECT_FALSE(all.restore(wrong, start)) << wrong;
  }
  EXPECT_EQ(all.size(), 0U);
}

}  // namespace
}  // namespace perigee::api

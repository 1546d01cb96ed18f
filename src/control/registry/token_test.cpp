#include "control/registry/token.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/identity_limits.hpp"
#include "control/registry/fixture_test.hpp"

namespace perigee::control::registry {
namespace {

using namespace std::chrono_literals;

class tokens : public registry_fixture {
 protected:
  void add(const new_token& made) { ASSERT_TRUE(registry_->add(made, operator_at(noon))); }
  /// "used", or the one reason why not.
  static std::string use(registry& at, const std::string& secret, const std::string& name = "press-7",
                         timestamp now = noon, purpose wanted = purpose::join) {
    const auto how = at.use(secret, wanted, name, {.who = name, .from = "192.0.2.9", .why = "", .at = now});
    if (!how) return how.error().what;
    return *how ? "used" : sentence_of(how->error());
  }
};

TEST_F(tokens, are_used_once) {
  add(token_of("t1", "secret"));
  EXPECT_EQ(use(*registry_, "secret"), "used");
  EXPECT_EQ(newest_audit("t1"), "token used by press-7 from 192.0.2.9 for ");
  EXPECT_EQ(use(*registry_, "secret", "press-7", after_noon(1s)), "the token is used up");
  EXPECT_EQ(newest_audit("t1"), "refused: token used by press-7 from 192.0.2.9 for the token is used up");
  reopen();
  EXPECT_EQ(use(*registry_, "secret"), "the token is used up");
}

TEST_F(tokens, have_a_last_use_that_is_one_users_alone) {
  auto twice = token_of("t2", "secret 2");
  twice.uses = 2;
  add(twice);
  add(token_of("t1", "secret"));
  const auto other = open_another();
  EXPECT_EQ(use(*other, "secret"), "used");
  EXPECT_EQ(use(*registry_, "secret"), "the token is used up");
  EXPECT_EQ(use(*registry_, "secret 2"), "used");
  EXPECT_EQ(use(*other, "secret 2"), "used");
  EXPECT_EQ(use(*registry_, "secret 2"), "the token is used up");
}

TEST_F(tokens, are_refused_for_exactly_one_reason) {
  auto made = token_of("t1", "secret");
  made.pattern = "press-*";
  add(made);
  EXPECT_EQ(use(*registry_, "Secret"), "there is no such token");
  EXPECT_EQ(newest_audit("press-7"), "refused: token used by press-7 from 192.0.2.9 for there is no such token");
  EXPECT_EQ(use(*registry_, ""), "there is no such token");
  EXPECT_EQ(use(*registry_, "secret", "lathe-1"), "the token is for another name");
  EXPECT_EQ(use(*registry_, "secret", "press-7", noon, purpose::enrol), "the token is for another purpose");
  EXPECT_EQ(use(*registry_, "secret", "press-7", after_noon(1h)), "the token has expired");
  ASSERT_TRUE(registry_->revoke_token("t1", operator_at(noon)));
  EXPECT_EQ(use(*registry_, "secret", "lathe-1", after_noon(1h)), "the token is revoked");
  EXPECT_TRUE(is(registry_->revoke_token("t1", operator_at(noon)).error(), errc::refused));
  EXPECT_TRUE(is(registry_->revoke_token("t2", operator_at(noon)).error(), errc::not_found));
}

TEST_F(tokens, keep_no_secret_and_are_listed) {
  add(token_of("t2", "secret 2"));
  add(token_of("t1", "secret 1"));
  const auto all = registry_->tokens("", 10);
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ(all->front().given.id, "t1");
  EXPECT_EQ(all->front().by, "ada");
  EXPECT_EQ(all->front().uses_left, 1U);
  EXPECT_EQ(registry_->tokens("t1", 10)->size(), 1U);
  EXPECT_TRUE(is(registry_->add(token_of("t1", "other"), operator_at(noon)).error(), errc::exists));
  EXPECT_TRUE(is(registry_->add(token_of("t3", "secret 1"), operator_at(noon)).error(), errc::exists));
}

TEST_F(tokens, with_fields_out_of_bounds_are_refused_by_the_field) {
  const auto field_of = [&](auto spoil) {
    auto made = token_of("t1", "secret");
    spoil(made);
    const auto added = registry_->add(made, operator_at(noon));
    return added ? "none" : added.error().field;
  };
  EXPECT_EQ(field_of([](auto& t) { t.id = "a b"; }), "id");
  EXPECT_EQ(field_of([](auto& t) { t.pattern = ""; }), "for");
  EXPECT_EQ(field_of([](auto& t) { t.pattern = "a b*"; }), "for");
  EXPECT_EQ(field_of([](auto& t) { t.expires = noon; }), "expires");
  EXPECT_EQ(field_of([](auto& t) { t.uses = 0; }), "uses");
  EXPECT_EQ(field_of([](auto& t) { t.uses = limits::registry_token_uses_max + 1; }), "uses");
}

/// Uses one token after another and tells each in the pipe, until it is killed.
[[noreturn]] void use_until_killed(const std::string& file, int tell, int count) {
  auto opened = registry::open(file);
  for (int i = 0; opened && i < count; ++i) {
    const auto how = (*opened)->use(std::format("secret {}", i), purpose::join, "x",
                                    {.who = "x", .from = "", .why = "", .at = noon});
    if (!how || !*how || ::write(tell, "u", 1) != 1) ::_exit(1);
  }
  for (;;) ::pause();
}

TEST_F(tokens, that_were_taken_are_used_after_a_kill_and_no_other_is) {
  constexpr int count = 60;
  for (int i = 0; i < count; ++i) add(token_of(std::format("t{:02}", i), std::format("secret {}", i)));
  registry_.reset();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) use_until_killed(file_, ends[1], count);
  ::close(ends[1]);
  char told = 0;
  for (int i = 0; i < 20; ++i) ASSERT_EQ(::read(ends[0], &told, 1), 1);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  std::size_t answered = 20;
  while (::read(ends[0], &told, 1) == 1) ++answered;
  ::close(ends[0]);

  reopen();
  const auto all = registry_->tokens("", count);
  const auto used = static_cast<std::size_t>(std::ranges::count(*all, 0U, &token::uses_left));
  EXPECT_GE(used, answered) << "what was answered is on the disk";
  EXPECT_LE(used, answered + 1) << "and at most one was on its way";
  for (const auto& each : *all) {
    const auto rows = registry_->audit(each.given.id, 10);
    EXPECT_EQ(rows->size(), each.uses_left == 0 ? 2U : 1U) << each.given.id << ": made, and used where it was";
  }
}

TEST(token_pattern, has_a_star_for_any_characters) {
  EXPECT_TRUE(fits("*", ""));
  EXPECT_TRUE(fits("press-7", "press-7"));
  EXPECT_TRUE(fits("press-*", "press-"));
  EXPECT_TRUE(fits("*-7", "press-7"));
  EXPECT_TRUE(fits("p*s*-*7", "press-17"));
  EXPECT_TRUE(fits("a*a*b", "aaab"));
  EXPECT_FALSE(fits("press-7", "press-77"));
  EXPECT_FALSE(fits("press-*", "lathe-1"));
  EXPECT_FALSE(fits("*-7", "press-8"));
  EXPECT_FALSE(fits("", "a"));
  // Without its bound this takes ages.
  EXPECT_FALSE(fits("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(64, 'a')));
}

}  // namespace
}  // namespace perigee::control::registry

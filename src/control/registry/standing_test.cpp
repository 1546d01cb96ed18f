#include "control/registry/standing.hpp"

#include <chrono>

#include "control/registry/fixture_test.hpp"

namespace perigee::control::registry {
namespace {

using namespace std::chrono_literals;

class standing_of : public registry_fixture {
 protected:
  /// As the shard has it: what it knew, and what changed since.
  verdict ask(const std::string& name, const std::string& serial = "01", timestamp now = noon) {
    known_.apply(registry_->take_changes());
    const auto out = known_.of(name, {"a1b2", serial}, now);
    standing fresh;
    fresh.apply(*registry_->snapshot());
    EXPECT_EQ(fresh.of(name, {"a1b2", serial}, now), out) << "a restart changes no answer";
    return out;
  }

  standing known_;
};

TEST_F(standing_of, a_thing_follows_its_life) {
  EXPECT_EQ(ask("press-7"), verdict::unknown_thing);
  ASSERT_TRUE(registry_->add({.name = "press-7"}, operator_at(noon)));
  EXPECT_EQ(ask("press-7"), verdict::welcome_first);
  ASSERT_TRUE(registry_->record(certificate_of("press-7", "01"), beside::others, operator_at(noon)));
  EXPECT_EQ(ask("press-7"), verdict::welcome_first);
  ASSERT_TRUE(registry_->connected(certificate_of("press-7", "01"), operator_at(noon)));
  EXPECT_EQ(ask("press-7"), verdict::welcome);
  ASSERT_TRUE(registry_->take("press-7", step::suspend, operator_at(noon)));
  EXPECT_EQ(ask("press-7"), verdict::suspended);
  ASSERT_TRUE(registry_->take("press-7", step::resume, operator_at(noon)));
  EXPECT_EQ(ask("press-7"), verdict::welcome);
  ASSERT_TRUE(registry_->take("press-7", step::retire, operator_at(noon)));
  EXPECT_EQ(ask("press-7"), verdict::retired);
  ASSERT_TRUE(registry_->remove("press-7", operator_at(noon)));
  EXPECT_EQ(ask("press-7"), verdict::unknown_thing);
  ASSERT_TRUE(registry_->add({.name = "press-7"}, operator_at(noon)));
  EXPECT_EQ(ask("press-7"), verdict::revoked) << "the certificate of the one before";
}

TEST_F(standing_of, a_certificate_is_its_own_and_no_others) {
  add_active("press-7", "01");
  add_active("press-8", "02");
  EXPECT_EQ(ask("press-7", "01"), verdict::welcome);
  EXPECT_EQ(ask("press-7", "02"), verdict::not_its_own);
  EXPECT_EQ(ask("press-7", "03"), verdict::welcome_first) << "one that the registry does not know yet";
  EXPECT_EQ(known_.of("press-7", {"", ""}, noon), verdict::welcome) << "one that a proxy has seen in our place";
  EXPECT_EQ(known_.of("press-7", {"ffff", "01"}, noon), verdict::welcome_first) << "another issuer's";
}

TEST_F(standing_of, a_superseded_certificate_is_taken_until_its_grace_ends) {
  add_active("press-7", "01");
  ASSERT_TRUE(registry_->supersede({"a1b2", "01"}, after_noon(1h), operator_at(noon)));
  EXPECT_EQ(ask("press-7", "01", after_noon(59min)), verdict::welcome);
  EXPECT_EQ(ask("press-7", "01", after_noon(1h)), verdict::superseded);
  EXPECT_TRUE(is(registry_->supersede({"a1b2", "01"}, noon, operator_at(noon)).error(), errc::refused));
  ASSERT_TRUE(registry_->revoke({"a1b2", "01"}, revocation_reason::key_compromise, operator_at(noon)));
  EXPECT_EQ(ask("press-7", "01"), verdict::revoked);
}

TEST_F(standing_of, what_was_rolled_back_says_nothing) {
  add_active("press-7", "01");
  EXPECT_EQ(ask("press-7"), verdict::welcome);
  EXPECT_FALSE(registry_->take("press-7", step::resume, operator_at(noon)));
  EXPECT_TRUE(registry_->take_changes().empty());
}

TEST(verdict, has_a_sentence_for_each) {
  for (auto v : {verdict::unknown_thing, verdict::suspended, verdict::retired, verdict::revoked, verdict::superseded,
                 verdict::not_its_own}) {
    EXPECT_FALSE(is_welcome(v));
    EXPECT_STRNE(sentence_of(v), sentence_of(verdict::welcome));
  }
}

}  // namespace
}  // namespace perigee::control::registry

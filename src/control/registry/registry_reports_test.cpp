#include <gtest/gtest.h>

#include "control/registry/fixture_test.hpp"

namespace perigee::control::registry {
namespace {

using namespace std::chrono_literals;

const actor fog{.who = "fog-1", .from = "", .why = "report of the gateway", .at = noon};

report report_of(const std::string& name, lifecycle now = lifecycle::provisioned,
                 certificate_state state = certificate_state::current) {
  report out;
  out.one.given.name = name;
  out.one.stage.now = now;
  out.certificates.push_back({.given = certificate_of(name, "01"), .state = state, .at = {}, .grace_until = {}});
  return out;
}

class reports : public registry_fixture {
 protected:
  void SetUp() override {
    registry_fixture::SetUp();
    ASSERT_TRUE(registry_->add({.name = "fog-1", .is = kind::node}, operator_at(noon)));
  }
  /// "press-1.fog-1 active", or why not.
  std::string take(const report& told, const std::string& gateway = "fog-1") {
    const auto got = registry_->take_report(told, gateway, fog);
    if (!got) return got.error().what;
    if (!*got) return (*got).error().why;
    return std::format("{} {}", (*got)->given.name, name_of((*got)->stage.now));
  }
  std::string states() {
    std::string out;
    const auto all = registry_->certificates({.name = "press-1.fog-1"});
    for (const auto& each : *all) out += std::format("{} {} ", each.given.id.serial, name_of(each.state));
    return out;
  }
};

TEST_F(reports, wait_for_what_changed_until_it_is_told) {
  registry_->report_changes();
  ASSERT_TRUE(registry_->add({.name = "press-1.fog-1"}, operator_at(noon)));
  ASSERT_TRUE(registry_->record(certificate_of("press-1.fog-1", "01"), beside::others, operator_at(noon)));
  auto waiting = registry_->reports(10);
  ASSERT_EQ(waiting->size(), 1U) << "a thing is told as it stands, once";
  EXPECT_EQ(waiting->front().one.stage.now, lifecycle::provisioned);
  EXPECT_EQ(waiting->front().certificates.size(), 1U);
  ASSERT_TRUE(registry_->take("press-1.fog-1", step::suspend, operator_at(noon)));
  const std::pair<std::int64_t, std::string> told{waiting->front().number, "press-1.fog-1"};
  ASSERT_TRUE(registry_->reported(std::span(&told, 1)));
  reopen();
  waiting = registry_->reports(10);
  ASSERT_EQ(waiting->size(), 1U) << "it changed since it was told";
  EXPECT_EQ(waiting->front().one.stage.now, lifecycle::suspended);
  const std::pair<std::int64_t, std::string> again{waiting->front().number, "press-1.fog-1"};
  ASSERT_TRUE(registry_->reported(std::span(&again, 1)));
  EXPECT_TRUE(registry_->reports(10)->empty());
}

TEST_F(reports, are_entered_once_however_often_they_come) {
  EXPECT_EQ(take(report_of("press-1.fog-1")), "press-1.fog-1 provisioned");
  EXPECT_EQ(take(report_of("press-1.fog-1")), "press-1.fog-1 provisioned");
  EXPECT_EQ(registry_->find("press-1.fog-1")->given.gateway, "fog-1");
  EXPECT_EQ(states(), "01 current ");
  EXPECT_EQ(take(report_of("press-1.fog-1", lifecycle::active)), "press-1.fog-1 active");
}

TEST_F(reports, bring_back_nothing_that_has_ended) {
  ASSERT_EQ(take(report_of("press-1.fog-1")), "press-1.fog-1 provisioned");
  ASSERT_TRUE(registry_->revoke({"a1b2", "01"}, revocation_reason::key_compromise, operator_at(noon)));
  EXPECT_EQ(take(report_of("press-1.fog-1", lifecycle::active)), "press-1.fog-1 active");
  EXPECT_EQ(states(), "01 revoked ");
  ASSERT_TRUE(registry_->take("press-1.fog-1", step::retire, operator_at(noon)));
  EXPECT_EQ(take(report_of("press-1.fog-1", lifecycle::active)), "press-1.fog-1 retired");
}

TEST_F(reports, of_a_retired_thing_revoke_its_certificates) {
  ASSERT_EQ(take(report_of("press-1.fog-1")), "press-1.fog-1 provisioned");
  EXPECT_EQ(take(report_of("press-1.fog-1", lifecycle::retired)), "press-1.fog-1 retired");
  EXPECT_EQ(states(), "01 revoked ");
}

TEST_F(reports, outside_of_the_gateways_name_are_refused) {
  EXPECT_EQ(take(report_of("press-1")), "it is outside of what 'fog-1' may issue");
  EXPECT_EQ(newest_audit("press-1"),
            "refused: report of a gateway by fog-1 from  for it is outside of what 'fog-1' may issue");
  EXPECT_EQ(take(report_of("fog-1")), "it is outside of what 'fog-1' may issue");
  EXPECT_EQ(take(report_of("press-1.fog-2")), "it is outside of what 'fog-1' may issue");
  EXPECT_EQ(take(report_of("press-1.fog-2"), "fog-2"), "'fog-2' is no node that is known here");
  auto others = report_of("press-1.fog-1");
  others.certificates.front().given.name = "cloud";
  EXPECT_EQ(take(others), "one of its certificates cannot be");
  ASSERT_TRUE(registry_->take("fog-1", step::retire, operator_at(noon)));
  EXPECT_EQ(take(report_of("press-1.fog-1")), "'fog-1' is retired");
}

}  // namespace
}  // namespace perigee::control::registry

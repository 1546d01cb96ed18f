#include <gtest/gtest.h>

#include "control/registry/fixture_test.hpp"

namespace perigee::control::registry {
namespace {

using namespace std::chrono_literals;

const actor device{.who = "claim-1", .from = "192.0.2.9", .why = "", .at = noon};

actor device_at(timestamp at) { return {.who = "claim-1", .from = "192.0.2.9", .why = "", .at = at}; }

class provisioning_of : public registry_fixture {
 protected:
  void SetUp() override {
    registry_fixture::SetUp();
    ASSERT_TRUE(registry_->add_template(stored_template{.name = "presses", .body = "{}"}, operator_at(noon)));
    add_claim("claim-1", "c1");
  }
  void add_claim(const std::string& name, const std::string& serial, const std::string& of = "presses") {
    auto made = certificate_of(name, serial);
    made.claim = of;
    ASSERT_TRUE(registry_->add_claim(made, operator_at(noon)));
  }
  /// "made", or why not.
  std::string create(const std::string& serial, const std::string& secret, const std::string& claim = "claim-1") {
    const auto got = registry_->create(
        {claim}, {.secret = crypto::sha256(as_bytes(secret)), .expires = after_noon(1h)},
        [&](kind) { return certificate_of("provisioned-" + serial, serial); }, device);
    if (!got) return got.error().what;
    return *got ? "made" : (*got).error().why;
  }
  /// "press-7", or why not.
  std::string provision(const std::string& secret, const std::string& name = "press-7", const std::string& number = "7",
                        bool replaces = false, timestamp at = noon, const std::string& by = "presses") {
    const auto make = [&](const certificate&) -> std::expected<provisioned, std::string> {
      if (name.empty()) return std::unexpected("the parameter 'Name' is missing");
      return provisioned{{.name = name, .groups = {"presses"}, .serial_number = number}, replaces};
    };
    const auto got = registry_->provision({{"claim-1"}, by, crypto::sha256(as_bytes(secret))}, make, device_at(at));
    if (!got) return got.error().what;
    return *got ? (*got)->given.name : (*got).error().why;
  }
  /// What the shard thinks of who says `name` and shows certificate `serial`.
  verdict of(const std::string& name, const std::string& serial) {
    standing all;
    all.apply(registry_->snapshot().value());
    const shown_certificate shown{"a1b2", serial};
    const auto* alias = all.known_as(shown);
    return all.of(alias == nullptr ? name : *alias, shown, noon);
  }
};

TEST_F(provisioning_of, a_device_gives_it_a_name_and_its_certificate_a_thing) {
  ASSERT_EQ(create("01", "t1"), "made");
  EXPECT_EQ(of("provisioned-01", "01"), verdict::pending);
  EXPECT_EQ(provision("t1"), "press-7");
  EXPECT_EQ(of("provisioned-01", "01"), verdict::welcome_first) << "the site knows it as press-7";
  EXPECT_EQ(of("press-7", "01"), verdict::welcome_first);
  EXPECT_EQ(stage_of("press-7"), lifecycle::provisioned);
  EXPECT_EQ(registry_->find("press-7")->given.serial_number, "7");
  EXPECT_EQ(newest_audit("claim-1"), "certificate 01 made, to be provisioned by claim-1 from 192.0.2.9 for ");
  reopen();
  EXPECT_EQ(of("provisioned-01", "01"), verdict::welcome_first);
  EXPECT_EQ(provision("t1"), "the ownership token is unknown, used or over an hour old") << "once only";
}

TEST_F(provisioning_of, a_claim_lets_in_for_nothing_else_and_not_without_it) {
  EXPECT_EQ(of("claim-1", "c1"), verdict::welcome);
  EXPECT_EQ(of("press-7", "c1"), verdict::not_its_own);
  EXPECT_EQ(create("01", "t1", "claim-2"), "it shows no claim that is good");
  ASSERT_EQ(create("01", "t1"), "made");
  EXPECT_EQ(create("02", "t2", "provisioned-01"), "it shows no claim that is good");
  EXPECT_EQ(provision("t1", "press-7", "7", false, noon, "lathes"), "its claim is for 'presses'");
  ASSERT_TRUE(registry_->revoke({"a1b2", "c1"}, revocation_reason::key_compromise, operator_at(noon)));
  EXPECT_EQ(of("claim-1", "c1"), verdict::revoked);
  EXPECT_EQ(provision("t1"), "it shows no claim that is good");
}

TEST_F(provisioning_of, one_serial_number_has_one_certificate) {
  ASSERT_EQ(create("01", "t1"), "made");
  ASSERT_EQ(provision("t1"), "press-7");
  ASSERT_EQ(create("02", "t2"), "made");
  EXPECT_EQ(provision("t2"), "'press-7' has a certificate");
  EXPECT_EQ(provision("t2", "press-8"), "the serial number is that of 'press-7'");
  EXPECT_EQ(provision("t2", "press-7", "7", true), "press-7") << "where the template says so, the old one is revoked";
  EXPECT_EQ(of("", "01"), verdict::revoked);
  EXPECT_EQ(of("", "02"), verdict::welcome_first);
  ASSERT_TRUE(registry_->take("press-7", step::suspend, operator_at(noon)));
  ASSERT_EQ(create("03", "t3"), "made");
  EXPECT_EQ(provision("t3", "press-7", "7", true), "'press-7' is suspended");
}

TEST_F(provisioning_of, what_is_refused_uses_nothing_up) {
  ASSERT_EQ(create("01", "t1"), "made");
  EXPECT_EQ(provision("t1", ""), "the parameter 'Name' is missing");
  EXPECT_EQ(provision("t1", "no name"), "name: 'no name' is no name of a thing");
  EXPECT_EQ(provision("t2"), "the ownership token is unknown, used or over an hour old");
  EXPECT_EQ(provision("t1"), "press-7");
}

TEST_F(provisioning_of, a_certificate_that_waits_too_long_is_revoked) {
  ASSERT_EQ(create("01", "t1"), "made");
  EXPECT_EQ(registry_->end_provisioning(operator_at(after_noon(59min))), 0U);
  EXPECT_EQ(provision("t1", "press-7", "7", false, after_noon(1h)),
            "the ownership token is unknown, used or over an hour old");
  EXPECT_EQ(registry_->end_provisioning(operator_at(after_noon(1h))), 1U);
  EXPECT_EQ(registry_->certificates({.name = "provisioned-01"})->front().state, certificate_state::revoked);
  EXPECT_EQ(of("provisioned-01", "01"), verdict::unknown_thing);
}

TEST_F(provisioning_of, keys_are_made_where_the_template_says_so) {
  ASSERT_TRUE(registry_->add_template({.name = "lathes", .body = "{}", .makes_keys = true}, operator_at(noon)));
  add_claim("claim-2", "c2", "lathes");
  const auto create_key = [&](const std::string& claim) {
    const auto got = registry_->create(
        {claim, true}, {.secret = crypto::sha256(as_bytes(claim)), .expires = after_noon(1h)},
        [&](kind) { return certificate_of("provisioned-" + claim, "0f"); }, device);
    return *got ? "made" : (*got).error().why;
  };
  EXPECT_EQ(create_key("claim-1"), "devices make their own keys here: use create-from-csr");
  EXPECT_EQ(create_key("claim-2"), "made");
}

TEST_F(provisioning_of, templates_are_kept_by_name) {
  EXPECT_TRUE(is(registry_->add_template(stored_template{.name = "presses", .body = "{}"}, operator_at(noon)).error(),
                 errc::exists));
  EXPECT_TRUE(is(registry_->add_template(stored_template{.name = "a b", .body = "{}"}, operator_at(noon)).error(),
                 errc::malformed));
  EXPECT_EQ(registry_->templates("", 10)->size(), 1U);
  EXPECT_EQ(registry_->find_template("presses")->by, "ada");
  ASSERT_TRUE(registry_->remove_template("presses", operator_at(noon)));
  EXPECT_TRUE(is(registry_->find_template("presses").error(), errc::not_found));
}

}  // namespace
}  // namespace perigee::control::registry

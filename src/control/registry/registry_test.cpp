#include "control/registry/registry.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "control/registry/fixture_test.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::control::registry {
namespace {

using namespace std::chrono_literals;

class things : public registry_fixture {};
class certificates : public registry_fixture {};

new_thing press() {
  return {.name = "press-7",
          .groups = {"hall-2", "presses"},
          .attributes = {{"maker", "Schuler"}, {"größe", "7 t"}},
          .serial_number = "SN 0042",
          .gateway = "fog-1"};
}

TEST_F(things, are_kept_as_they_were_added) {
  ASSERT_TRUE(registry_->add(press(), operator_at(noon, "delivered today")));
  reopen();
  const auto found = registry_->find("press-7");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->given.groups, press().groups);
  EXPECT_EQ(found->given.attributes, press().attributes);
  EXPECT_EQ(found->given.serial_number, "SN 0042");
  EXPECT_EQ(found->given.gateway, "fog-1");
  EXPECT_EQ(found->given.is, kind::device);
  EXPECT_EQ(found->stage, stage{});
  EXPECT_EQ(found->created, noon);
  EXPECT_EQ(found->last_seen, timestamp{});
  EXPECT_EQ(newest_audit("press-7"), "added by ada from 192.0.2.7 for delivered today");
}

TEST_F(things, have_a_name_and_a_serial_number_of_their_own) {
  ASSERT_TRUE(registry_->add(press(), operator_at(noon)));
  const auto again = registry_->add({.name = "press-7"}, operator_at(noon));
  ASSERT_FALSE(again);
  EXPECT_TRUE(is(again.error(), errc::exists));
  EXPECT_EQ(again.error().field, "name");
  const auto same_number = registry_->add({.name = "press-8", .serial_number = "SN 0042"}, operator_at(noon));
  ASSERT_FALSE(same_number);
  EXPECT_EQ(same_number.error().field, "serial_number");
  EXPECT_EQ(same_number.error().detail, "it is that of 'press-7'");
  EXPECT_TRUE(registry_->add({.name = "a"}, operator_at(noon)));
  EXPECT_TRUE(registry_->add({.name = "b"}, operator_at(noon))) << "no serial number is nobody's";
}

TEST_F(things, with_fields_out_of_bounds_are_refused_by_the_field) {
  new_thing many_groups{.name = "x"};
  for (int i = 0; i < 17; ++i) many_groups.groups.push_back(std::format("g{}", i));
  new_thing many_attributes{.name = "x"};
  for (int i = 0; i < 51; ++i) many_attributes.attributes[std::format("k{}", i)] = "v";
  const std::pair<new_thing, const char*> wrong[] = {
      {{.name = ""}, "name"},
      {{.name = "press 7"}, "name"},
      {{.name = "../press"}, "name"},
      {{.name = "préss"}, "name"},
      {{.name = std::string(65, 'a')}, "name"},
      {{.name = std::string("a\0b", 3)}, "name"},
      {many_groups, "groups"},
      {{.name = "x", .groups = {"a", "a"}}, "groups"},
      {{.name = "x", .groups = {"a b"}}, "groups"},
      {many_attributes, "attributes"},
      {{.name = "x", .attributes = {{"", "v"}}}, "attributes"},
      {{.name = "x", .attributes = {{std::string(129, 'k'), "v"}}}, "attributes"},
      {{.name = "x", .attributes = {{"k", std::string(801, 'v')}}}, "attributes"},
      {{.name = "x", .attributes = {{"k", "a\x1b[2J"}}}, "attributes"},
      {{.name = "x", .attributes = {{"k", "\xff"}}}, "attributes"},
      {{.name = "x", .serial_number = std::string(129, '1')}, "serial_number"},
      {{.name = "x", .gateway = "fog/1"}, "gateway"},
  };
  for (const auto& [made, field] : wrong) {
    const auto added = registry_->add(made, operator_at(noon));
    ASSERT_FALSE(added) << field;
    EXPECT_TRUE(is(added.error(), errc::malformed));
    EXPECT_EQ(added.error().field, field);
    EXPECT_FALSE(added.error().right.empty()) << field;
  }
  EXPECT_TRUE(registry_->list({})->empty());
  EXPECT_TRUE(registry_->add({.name = std::string(64, 'a')}, operator_at(noon)));
}

TEST_F(things, are_added_all_or_none_and_each_fault_is_told) {
  const std::vector<new_thing> some{{.name = "a", .serial_number = "1"},
                                    {.name = "b b"},
                                    {.name = "a"},
                                    {.name = "c", .serial_number = "1"},
                                    {.name = "d"}};
  const auto added = registry_->add_all(some, operator_at(noon));
  ASSERT_FALSE(added);
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const auto& each : added.error()) found.emplace_back(each.index, each.why.field);
  EXPECT_EQ(found, (decltype(found){{1, "name"}, {2, "name"}, {3, "serial_number"}}));
  EXPECT_TRUE(registry_->list({})->empty());
  EXPECT_EQ(newest_audit("a"), "none");
  EXPECT_TRUE(registry_->take_changes().empty());

  const std::vector<new_thing> good{{.name = "a"}, {.name = "b"}};
  ASSERT_EQ(registry_->add_all(good, operator_at(noon)), 2U);
  EXPECT_EQ(registry_->take_changes().size(), 2U);
}

TEST_F(things, are_listed_by_name_in_pages_and_by_what_they_are) {
  for (const auto* name : {"c", "a", "d", "b"}) ASSERT_TRUE(registry_->add({.name = name}, operator_at(noon)));
  ASSERT_TRUE(registry_->add({.name = "e", .is = kind::node, .groups = {"x"}}, operator_at(noon)));
  ASSERT_TRUE(registry_->take("b", step::retire, operator_at(noon)));
  const auto names = [&](const selection& which) {
    std::string out;
    const auto found = registry_->list(which);
    for (const auto& each : *found) out += each.given.name;
    return out;
  };
  EXPECT_EQ(names({}), "abcde");
  EXPECT_EQ(names({.after = "b", .limit = 2}), "cd");
  EXPECT_EQ(names({.in = lifecycle::retired}), "b");
  EXPECT_EQ(names({.is = kind::node}), "e");
  EXPECT_EQ(names({.group = "x"}), "e");
  EXPECT_EQ(names({.group = "y"}), "");
}

TEST_F(things, change_their_groups_and_attributes) {
  ASSERT_TRUE(registry_->add(press(), operator_at(noon)));
  patch what{.groups = groups{"spare", "b"}};
  what.attributes["maker"] = std::nullopt;
  what.attributes["hall"] = "3";
  const auto changed = registry_->change("press-7", what, operator_at(after_noon(5s), "moved"));
  ASSERT_TRUE(changed);
  reopen();
  const auto found = registry_->find("press-7");
  EXPECT_EQ(found->given.groups, (groups{"b", "spare"}));
  EXPECT_EQ(found->given.attributes, (attributes{{"größe", "7 t"}, {"hall", "3"}}));
  EXPECT_EQ(found->changed, after_noon(5s));
  EXPECT_EQ(newest_audit("press-7"), "changed by ada from 192.0.2.7 for moved");
  EXPECT_TRUE(is(registry_->change("press-8", what, operator_at(noon)).error(), errc::not_found));
  what.groups = groups{"a b"};
  EXPECT_TRUE(is(registry_->change("press-7", what, operator_at(noon)).error(), errc::malformed));
}

TEST_F(things, are_suspended_and_resumed_to_what_they_were) {
  add_active("press-7");
  ASSERT_TRUE(registry_->take("press-7", step::suspend, operator_at(noon, "smells of smoke")));
  EXPECT_EQ(newest_audit("press-7"), "suspended by ada from 192.0.2.7 for smells of smoke");
  reopen();
  EXPECT_EQ(stage_of("press-7"), lifecycle::suspended);
  const auto again = registry_->take("press-7", step::suspend, operator_at(noon));
  EXPECT_TRUE(is(again.error(), errc::refused));
  EXPECT_NE(again.error().detail.find("resume it"), std::string::npos);
  ASSERT_TRUE(registry_->take("press-7", step::resume, operator_at(noon)));
  EXPECT_EQ(stage_of("press-7"), lifecycle::active);
}

TEST_F(things, lose_their_certificates_when_they_retire) {
  add_active("press-7");
  ASSERT_TRUE(registry_->record(certificate_of("press-7", "02"), beside::others, operator_at(noon)));
  EXPECT_TRUE(is(registry_->remove("press-7", operator_at(noon)).error(), errc::refused));
  ASSERT_TRUE(registry_->take("press-7", step::retire, operator_at(noon, "scrapped")));
  const auto all = registry_->certificates({.name = "press-7"});
  ASSERT_EQ(all->size(), 2U);
  for (const auto& each : *all) {
    EXPECT_EQ(each.state, certificate_state::revoked);
    EXPECT_EQ(each.reason, revocation_reason::cessation_of_operation);
  }
  EXPECT_EQ(registry_->audit("press-7", 3)->size(), 3U);
  ASSERT_TRUE(registry_->remove("press-7", operator_at(noon)));
  EXPECT_TRUE(is(registry_->find("press-7").error(), errc::not_found));

  // One who comes again under the name does not come again with the old certificate.
  ASSERT_TRUE(registry_->add({.name = "press-7"}, operator_at(noon)));
  EXPECT_TRUE(is(registry_->connected(certificate_of("press-7", "01"), operator_at(noon)).error(), errc::refused));
}

TEST_F(things, are_active_from_their_first_connection_on) {
  ASSERT_TRUE(registry_->add({.name = "press-7"}, operator_at(noon)));
  ASSERT_TRUE(registry_->record(certificate_of("press-7", "01"), beside::nothing, operator_at(noon)));
  EXPECT_EQ(stage_of("press-7"), lifecycle::provisioned);
  ASSERT_TRUE(registry_->connected(certificate_of("press-7", "01"), operator_at(after_noon(9s))));
  EXPECT_EQ(stage_of("press-7"), lifecycle::active);
  EXPECT_EQ(registry_->find("press-7")->last_seen, after_noon(9s));
  const auto rows = registry_->audit("press-7", 10)->size();
  ASSERT_TRUE(registry_->connected(certificate_of("press-7", "01"), operator_at(after_noon(10s))));
  EXPECT_EQ(registry_->audit("press-7", 10)->size(), rows) << "a further connection is no change";
  EXPECT_TRUE(is(registry_->connected(certificate_of("press-8", "03"), operator_at(noon)).error(), errc::not_found));
}

TEST_F(things, that_were_seen_are_not_seen_earlier) {
  add_active("press-7");
  const std::vector<std::pair<std::string, timestamp>> seen{{"press-7", after_noon(30s)}, {"nobody", noon}};
  ASSERT_TRUE(registry_->note_seen(seen));
  const std::vector<std::pair<std::string, timestamp>> late{{"press-7", after_noon(20s)}};
  ASSERT_TRUE(registry_->note_seen(late));
  EXPECT_EQ(registry_->find("press-7")->last_seen, after_noon(30s));
}

TEST_F(things, and_their_audit_change_together_or_not_at_all) {
  add_active("press-7");
  (void)registry_->take_changes();
  auto beside = sqlite::connection::open(file_, false);
  ASSERT_TRUE(beside);
  ASSERT_TRUE(beside->execute("ALTER TABLE audit RENAME TO away"));
  EXPECT_FALSE(registry_->take("press-7", step::retire, operator_at(noon)));
  EXPECT_TRUE(registry_->take_changes().empty());
  ASSERT_TRUE(beside->execute("ALTER TABLE away RENAME TO audit"));
  EXPECT_EQ(stage_of("press-7"), lifecycle::active);
  EXPECT_EQ(registry_->certificates({})->front().state, certificate_state::current);
  EXPECT_TRUE(registry_->take("press-7", step::retire, operator_at(noon))) << "and it goes on";
}

TEST_F(certificates, are_one_of_each_serial_number_of_an_issuer) {
  add_active("press-7", "01");
  ASSERT_TRUE(registry_->add({.name = "press-8"}, operator_at(noon)));
  const auto same = registry_->record(certificate_of("press-8", "01"), beside::others, operator_at(noon));
  EXPECT_TRUE(is(same.error(), errc::exists));
  EXPECT_EQ(stage_of("press-8"), lifecycle::registered);
  const auto second = registry_->record(certificate_of("press-7", "02"), beside::nothing, operator_at(noon));
  EXPECT_TRUE(is(second.error(), errc::exists));
  EXPECT_TRUE(registry_->record(certificate_of("press-7", "02"), beside::others, operator_at(noon)));
}

TEST_F(certificates, are_for_things_that_may_have_one) {
  EXPECT_TRUE(is(registry_->record(certificate_of("nobody", "01"), beside::others, operator_at(noon)).error(),
                 errc::not_found));
  add_active("press-7");
  ASSERT_TRUE(registry_->take("press-7", step::suspend, operator_at(noon)));
  const auto suspended = registry_->record(certificate_of("press-7", "02"), beside::others, operator_at(noon));
  EXPECT_TRUE(is(suspended.error(), errc::refused));
  ASSERT_TRUE(registry_->take("press-7", step::retire, operator_at(noon)));
  const auto retired = registry_->record(certificate_of("press-7", "02"), beside::others, operator_at(noon));
  EXPECT_TRUE(is(retired.error(), errc::refused));
}

TEST_F(certificates, are_revoked_once_with_a_reason) {
  add_active("press-7", "0a0b");
  const auto revoked = registry_->revoke({"", "0a0b"}, revocation_reason::key_compromise, operator_at(noon, "stolen"));
  ASSERT_TRUE(revoked);
  EXPECT_EQ(revoked->reason, revocation_reason::key_compromise);
  EXPECT_EQ(newest_audit("press-7"), "certificate 0a0b revoked: keyCompromise by ada from 192.0.2.7 for stolen");
  EXPECT_TRUE(
      is(registry_->revoke({"", "0a0b"}, revocation_reason::unspecified, operator_at(noon)).error(), errc::refused));
  EXPECT_TRUE(
      is(registry_->revoke({"", "0c"}, revocation_reason::unspecified, operator_at(noon)).error(), errc::not_found));
  EXPECT_EQ(stage_of("press-7"), lifecycle::active) << "it may get another";
}

TEST_F(certificates, of_one_serial_number_and_two_issuers_are_told_apart) {
  add_active("press-7", "01");
  auto other = certificate_of("press-7", "01");
  other.id.issuer = "ffff";
  ASSERT_TRUE(registry_->record(other, beside::others, operator_at(noon)));
  EXPECT_TRUE(
      is(registry_->revoke({"", "01"}, revocation_reason::unspecified, operator_at(noon)).error(), errc::refused));
  ASSERT_TRUE(registry_->revoke(other.id, revocation_reason::unspecified, operator_at(noon)));
  EXPECT_EQ(registry_->certificates({})->front().state, certificate_state::current);
}

TEST_F(certificates, with_fields_out_of_bounds_are_refused_by_the_field) {
  ASSERT_TRUE(registry_->add({.name = "x"}, operator_at(noon)));
  const auto field_of = [&](auto spoil) {
    auto made = certificate_of("x", "01");
    spoil(made);
    const auto recorded = registry_->record(made, beside::others, operator_at(noon));
    return recorded ? "none" : recorded.error().field;
  };
  EXPECT_EQ(field_of([](auto& c) { c.id.serial = ""; }), "serial");
  EXPECT_EQ(field_of([](auto& c) { c.id.serial = "0A"; }), "serial");
  EXPECT_EQ(field_of([](auto& c) { c.id.serial = "ab:c"; }), "serial");
  EXPECT_EQ(field_of([](auto& c) { c.id.serial = std::string(42, '1'); }), "serial");
  EXPECT_EQ(field_of([](auto& c) { c.id.issuer = "x"; }), "issuer");
  EXPECT_EQ(field_of([](auto& c) { c.name = "a b"; }), "name");
  EXPECT_EQ(field_of([](auto& c) { c.not_after = c.not_before; }), "not_after");
  EXPECT_EQ(field_of([](auto& c) { c.issued_by = "a\nb"; }), "issued_by");
}

TEST_F(certificates, are_listed_in_pages) {
  add_active("press-7", "01");
  for (const auto* serial : {"03", "02"}) {
    ASSERT_TRUE(registry_->record(certificate_of("press-7", serial), beside::others, operator_at(noon)));
  }
  const auto first = registry_->certificates({.limit = 2});
  ASSERT_EQ(first->size(), 2U);
  EXPECT_EQ(first->back().given.id.serial, "02");
  const auto rest = registry_->certificates({.after = first->back().given.id});
  ASSERT_EQ(rest->size(), 1U);
  EXPECT_EQ(rest->front().given.fingerprint, crypto::sha256(as_bytes("03")));
  EXPECT_TRUE(registry_->certificates({.name = "press-8"})->empty());
}

TEST_F(certificates, that_a_list_has_are_those_revoked_and_those_on_hold) {
  add_active("lost", "01");
  add_active("paused", "02");
  add_active("fine", "03");
  ASSERT_TRUE(registry_->revoke({"a1b2", "01"}, revocation_reason::key_compromise, operator_at(noon)));
  ASSERT_TRUE(registry_->take("paused", step::suspend, operator_at(noon)));
  const auto listed = registry_->revocations("a1b2", noon).value();
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0].serial, "01");
  EXPECT_EQ(listed[0].reason, revocation_reason::key_compromise);
  EXPECT_EQ(listed[1].serial, "02");
  EXPECT_EQ(listed[1].reason, revocation_reason::certificate_hold);
  ASSERT_TRUE(registry_->take("paused", step::resume, operator_at(noon)));
  EXPECT_EQ(registry_->revocations("a1b2", noon)->size(), 1U);
  EXPECT_TRUE(registry_->revocations("bb", noon)->empty());
  EXPECT_TRUE(registry_->revocations("a1b2", after_noon(std::chrono::days(91)))->empty()) << "they have expired";
}

TEST_F(things, of_a_newer_version_are_left_alone) {
  registry_.reset();
  ASSERT_TRUE(sqlite::connection::open(file_, false)->execute("PRAGMA user_version = 2"));
  const auto opened = registry::open(file_);
  ASSERT_FALSE(opened);
  EXPECT_TRUE(is(opened.error(), errc::unsupported));
}

TEST(revocation_reason, is_read_by_the_name_that_it_is_shown_by) {
  EXPECT_EQ(revocation_reason_of("keyCompromise"), revocation_reason::key_compromise);
  EXPECT_EQ(name_of(revocation_reason::aa_compromise), "aACompromise");
  for (const auto* wrong : {"", "keycompromise", "removeFromCRL"}) EXPECT_FALSE(revocation_reason_of(wrong)) << wrong;
}

}  // namespace
}  // namespace perigee::control::registry

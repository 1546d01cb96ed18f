#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "control/registry/fixture_test.hpp"
#include "sqlite/faulty_writes_test.hpp"

namespace perigee::control::registry {
namespace {

using namespace std::chrono_literals;
using sqlite::faulty_writes;
using sqlite::write_fault;

const std::string one_key(64, 'a');
const std::string other_key(64, 'b');

using answer = outcome<std::expected<certificate, denied>>;

/// "01 of press-7", or why not.
std::string text_of(const answer& got) {
  if (!got) return std::format("failed: {} {}", got.error().what, got.error().detail);
  if (!*got) return ((*got).error().is == denied::kind::stranger ? "stranger: " : "") + (*got).error().why;
  return std::format("{} of {}", (*got)->given.id.serial, (*got)->given.name);
}

enrolment by_token(std::string key = one_key, std::string secret = "secret", std::string name = "press-7") {
  return {.name = std::move(name), .secret = std::move(secret), .key = std::move(key), .grace = 1h};
}

answer enrol(registry& in, const enrolment& asked, std::string_view serial, timestamp at = noon) {
  const actor by{.who = asked.name, .from = "192.0.2.9", .why = "", .at = at};
  return in.enrol(asked, [&](kind) { return certificate_of("", std::string(serial)); }, by);
}

answer renew(registry& in, const std::string& with, std::string key, std::string_view serial,
             const std::string& name = "press-7", timestamp at = after_noon(1s)) {
  const actor by{.who = name, .from = "192.0.2.9", .why = "", .at = at};
  return in.renew(
      {.name = name, .with = {"a1b2", with}, .key = std::move(key), .grace = 1h},
      [&](kind) { return certificate_of("", std::string(serial)); }, by);
}

class enrolments : public registry_fixture {
 protected:
  void SetUp() override {
    registry_fixture::SetUp();
    make_token();
  }
  void make_token(const std::string& id = "t1", const std::string& secret = "secret", std::uint32_t uses = 1) {
    auto made = token_of(id, secret);
    made.is = purpose::enrol;
    made.pattern = "press-*";
    made.uses = uses;
    ASSERT_TRUE(registry_->add(made, operator_at(noon)));
  }
  std::string enrolled(const enrolment& asked, std::string_view serial, timestamp at = noon) {
    return text_of(enrol(*registry_, asked, serial, at));
  }
  std::uint32_t uses_left(std::string_view id = "t1") {
    const auto all = registry_->tokens("", 10);
    return std::ranges::find(*all, id, [](const token& t) { return std::string_view(t.given.id); })->uses_left;
  }
  std::string states() {
    std::string out;
    const auto all = registry_->certificates({.name = "press-7"});
    for (const auto& each : *all) out += std::format("{} {} ", each.given.id.serial, name_of(each.state));
    return out;
  }
};

TEST_F(enrolments, use_the_token_note_the_thing_and_record_the_certificate) {
  EXPECT_EQ(enrolled(by_token(), "01"), "01 of press-7");
  EXPECT_EQ(uses_left(), 0U);
  EXPECT_EQ(stage_of("press-7"), lifecycle::provisioned);
  EXPECT_EQ(registry_->certificates({.name = "press-7"})->front().given.token, "t1");
  EXPECT_EQ(registry_->certificates({.name = "press-7"})->front().given.key, one_key);
}

TEST_F(enrolments, are_answered_again_to_who_has_the_same_key) {
  ASSERT_EQ(enrolled(by_token(), "01"), "01 of press-7");
  EXPECT_EQ(enrolled(by_token(), "02", after_noon(1min)), "02 of press-7");
  EXPECT_EQ(states(), "01 superseded 02 current ");
  EXPECT_EQ(enrolled(by_token(other_key), "03"), "stranger: token t1: the token is used up");
  EXPECT_EQ(enrolled(by_token(), "03", after_noon(1h)), "stranger: token t1: the token has expired");
  ASSERT_TRUE(registry_->revoke_token("t1", operator_at(noon)));
  EXPECT_EQ(enrolled(by_token(), "03"), "stranger: token t1: the token is revoked");
  make_token("t2", "second", 2);
  EXPECT_EQ(enrolled(by_token(other_key, "second"), "04"), "04 of press-7");
  EXPECT_EQ(enrolled(by_token(other_key, "second"), "05"), "05 of press-7");
  EXPECT_EQ(uses_left("t2"), 1U);
}

TEST_F(enrolments, are_refused_for_one_reason_that_the_audit_has) {
  EXPECT_EQ(enrolled(by_token(one_key, "guessed"), "01"), "stranger: there is no such token");
  EXPECT_EQ(newest_audit("press-7"), "refused: enrolment by press-7 from 192.0.2.9 for there is no such token");
  EXPECT_EQ(enrolled(by_token(one_key, "secret", "lathe-1"), "01"),
            "stranger: token t1: the token is for another name");
  auto node = by_token();
  node.by = purpose::join;
  EXPECT_EQ(enrolled(node, "01"), "stranger: token t1: the token is for another purpose");
  ASSERT_TRUE(registry_->add({.name = "press-8", .is = kind::node}, operator_at(noon)));
  EXPECT_EQ(enrolled(by_token(one_key, "secret", "press-8"), "01"), "it is a node, not a device");
  ASSERT_TRUE(registry_->add({.name = "press-9"}, operator_at(noon)));
  ASSERT_TRUE(registry_->take("press-9", step::retire, operator_at(noon)));
  EXPECT_EQ(enrolled(by_token(one_key, "secret", "press-9"), "01"), "it is retired");
  EXPECT_EQ(uses_left(), 1U) << "none of that uses it up";
}

TEST_F(enrolments, certify_no_key_whose_certificate_was_revoked) {
  ASSERT_EQ(enrolled(by_token(), "01"), "01 of press-7");
  ASSERT_TRUE(registry_->revoke({"a1b2", "01"}, revocation_reason::key_compromise, operator_at(noon)));
  EXPECT_EQ(enrolled(by_token(), "02"), "a certificate of this key was revoked");
  make_token("t2", "second");
  EXPECT_EQ(enrolled(by_token(one_key, "second"), "02"), "a certificate of this key was revoked");
  EXPECT_EQ(enrolled(by_token(other_key, "second"), "02"), "02 of press-7");
  EXPECT_EQ(text_of(renew(*registry_, "02", one_key, "03")), "a certificate of this key was revoked");
}

TEST_F(enrolments, change_nothing_where_no_certificate_can_be_made) {
  const actor by{.who = "press-7", .from = "", .why = "", .at = noon};
  const auto got = registry_->enrol(by_token(), [](kind) { return std::unexpected(refusal(errc::io, "no")); }, by);
  EXPECT_EQ(text_of(got), "failed: no ");
  EXPECT_EQ(uses_left(), 1U);
  EXPECT_TRUE(is(registry_->find("press-7").error(), errc::not_found));
  EXPECT_EQ(enrolled(by_token(), "01"), "01 of press-7");
}

enrolment by_approval(std::string key = one_key, std::string secret = "secret") {
  auto out = by_token(std::move(key), std::move(secret));
  out.needs_approval = true;
  return out;
}

TEST_F(enrolments, wait_for_an_operator_where_one_is_to_approve) {
  EXPECT_EQ(enrolled(by_approval(), "01"), "an operator is to approve it");
  EXPECT_EQ(uses_left(), 0U) << "it is this key's from now on";
  EXPECT_EQ(enrolled(by_approval(other_key), "01"), "stranger: token t1: the token is used up");
  reopen();
  EXPECT_EQ(enrolled(by_approval(), "01", after_noon(3h)), "an operator is to approve it") << "the token may expire";
  const auto all = registry_->applications("", 10);
  ASSERT_EQ(all->size(), 1U);
  EXPECT_EQ(all->front().name, "press-7");
  EXPECT_EQ(all->front().from, "192.0.2.9");
  const auto id = all->front().id;
  EXPECT_EQ(id, std::string(16, 'a'));
  ASSERT_TRUE(registry_->decide(id, decision::approved, operator_at(after_noon(4h))));
  EXPECT_TRUE(is(registry_->decide(id, decision::denied, operator_at(noon)).error(), errc::refused));
  EXPECT_TRUE(is(registry_->decide("none", decision::denied, operator_at(noon)).error(), errc::not_found));
  EXPECT_EQ(enrolled(by_approval(), "01", after_noon(5h)), "01 of press-7");
  EXPECT_EQ(enrolled(by_approval(), "02", after_noon(6h)), "02 of press-7") << "the answer was lost";
  EXPECT_EQ(enrolled(by_approval(), "03", after_noon(std::chrono::days(8))),
            "stranger: token t1: the token has expired");
}

TEST_F(enrolments, that_an_operator_denies_are_refused) {
  ASSERT_EQ(enrolled(by_approval(), "01"), "an operator is to approve it");
  ASSERT_TRUE(registry_->decide(application_id_of(one_key), decision::denied, operator_at(noon)));
  EXPECT_EQ(enrolled(by_approval(), "01", after_noon(1s)), "an operator denied it");
  EXPECT_EQ(newest_audit("press-7"), "refused: enrolment by press-7 from 192.0.2.9 for an operator denied it");
  ASSERT_TRUE(registry_->revoke_token("t1", operator_at(noon)));
  EXPECT_EQ(enrolled(by_approval(), "01"), "stranger: token t1: the token is revoked");
  make_token("t2", "second");
  EXPECT_EQ(enrolled(by_approval(one_key, "second"), "01"), "an operator is to approve it")
      << "another token is asked anew";
}

TEST_F(enrolments, are_renewed_again_where_the_answer_was_lost) {
  ASSERT_EQ(enrolled(by_token(), "01"), "01 of press-7");
  ASSERT_EQ(text_of(renew(*registry_, "01", other_key, "02")), "02 of press-7");
  EXPECT_EQ(text_of(renew(*registry_, "01", other_key, "03")), "03 of press-7") << "with the key of 02";
  EXPECT_EQ(states(), "01 superseded 02 superseded 03 current ");
  ASSERT_EQ(text_of(renew(*registry_, "03", std::string(64, 'c'), "04")), "04 of press-7");
  EXPECT_EQ(text_of(renew(*registry_, "01", other_key, "05")), "this certificate was renewed or revoked before");
  EXPECT_EQ(text_of(renew(*registry_, "01", std::string(64, 'c'), "05", "press-7", noon + std::chrono::days(365))),
            "this certificate was renewed or revoked before")
      << "past its grace";
}

TEST_F(enrolments, are_renewed_once_by_who_has_a_current_certificate) {
  ASSERT_EQ(enrolled(by_token(), "01"), "01 of press-7");
  EXPECT_EQ(text_of(renew(*registry_, "01", other_key, "02")), "02 of press-7");
  EXPECT_EQ(states(), "01 superseded 02 current ");
  EXPECT_EQ(text_of(renew(*registry_, "01", one_key, "03")), "this certificate was renewed or revoked before");
  EXPECT_EQ(text_of(renew(*registry_, "ff", other_key, "03")), "this certificate is not known here");
  EXPECT_EQ(text_of(renew(*registry_, "02", other_key, "03", "press-8")), "it is not known here");
  ASSERT_TRUE(registry_->take("press-7", step::suspend, operator_at(noon)));
  EXPECT_EQ(text_of(renew(*registry_, "02", other_key, "03", "press-7", after_noon(2s))), "it is suspended");
  EXPECT_EQ(newest_audit("press-7"), "refused: renewal by press-7 from 192.0.2.9 for it is suspended");
}

// Deaths

/// Does it in a process of its own, which dies at the given write where it comes that far.
template <class Work>
bool dies_at(int at, write_fault how, Work work) {
  const auto child = ::fork();
  if (child == 0) {
    const faulty_writes fault(how, at);
    work();
    ::_exit(fault.reached() ? 2 : 1);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_NE(WEXITSTATUS(status), 2) << "it outlived its death";
  return WEXITSTATUS(status) == 0;
}

class deaths : public enrolments, public testing::WithParamInterface<write_fault> {
 protected:
  void start_anew() {
    registry_.reset();
    for (const auto* end : {"", "-wal", "-shm"}) (void)::unlink((file_ + end).c_str());
    reopen();
    make_token();
  }
};

/// Neither a token without its certificate nor the reverse, whichever step was the last.
TEST_P(deaths, in_an_enrolment_leave_nothing_and_a_good_token_or_an_identity) {
  int with = 0;
  int without = 0;
  for (int at = 1;; ++at) {
    start_anew();
    registry_.reset();
    const bool died = dies_at(at, GetParam(), [&] {
      auto opened = registry::open(file_);
      if (opened) (void)enrol(**opened, by_token(), "01");
    });
    reopen();
    const bool has_one = !registry_->certificates({.name = "press-7"})->empty();
    EXPECT_EQ(uses_left(), has_one ? 0U : 1U) << at;
    EXPECT_EQ(registry_->find("press-7").has_value(), has_one) << at;
    EXPECT_EQ(enrolled(by_token(), "02"), "02 of press-7") << at << ": the same key goes on";
    EXPECT_EQ(enrolled(by_token(other_key), "03"), "stranger: token t1: the token is used up") << at;
    if (!died) break;
    ++(has_one ? with : without);
  }
  EXPECT_GT(without, 3) << "it was killed at every write";
  EXPECT_GT(with + without, 5);
}

TEST_P(deaths, in_a_renewal_leave_the_old_or_both) {
  int steps = 0;
  for (int at = 1;; ++at, ++steps) {
    start_anew();
    ASSERT_EQ(enrolled(by_token(), "01"), "01 of press-7");
    registry_.reset();
    const bool died = dies_at(at, GetParam(), [&] {
      auto opened = registry::open(file_);
      if (opened) (void)renew(**opened, "01", other_key, "02");
    });
    reopen();
    const auto now = states();
    EXPECT_TRUE(now == "01 current " || now == "01 superseded 02 current ") << at << now;
    if (!died) break;
  }
  EXPECT_GT(steps, 5);
}

INSTANTIATE_TEST_SUITE_P(at_every_write, deaths, testing::Values(write_fault::dies, write_fault::dies_half),
                         [](const auto& one) {
                           return one.param == write_fault::dies ? "before_it" : "half_through_it";
                         });

TEST_F(enrolments, fail_as_a_whole_on_a_full_disk) {
  int steps = 0;
  for (int at = 1;; ++at, ++steps) {
    make_token(std::format("n{}", at), std::format("secret {}", at));
    const auto asked = by_token(one_key, std::format("secret {}", at), std::format("press-{}", 100 + at));
    const faulty_writes fault(write_fault::no_space, at);
    const auto got = enrol(*registry_, asked, std::format("{:x}", at));
    if (!fault.reached()) break;
    EXPECT_FALSE(got) << at;
    EXPECT_TRUE(is(registry_->find(asked.name).error(), errc::not_found)) << at;
    EXPECT_EQ(uses_left(std::format("n{}", at)), 1U) << at;
  }
  EXPECT_GT(steps, 2);
}

/// A token of a gateway, which gives a node its identity and its authority.
class gateways : public enrolments {
 protected:
  void SetUp() override {
    enrolments::SetUp();
    auto made = token_of("g1", "gateway");
    made.is = purpose::gateway;
    ASSERT_TRUE(registry_->add(made, operator_at(noon)));
  }
  static enrolment half(bool authority, std::string key, purpose by = purpose::gateway) {
    auto asked = by_token(std::move(key), "gateway", "fog-1");
    asked.is = kind::node;
    asked.by = authority ? by : purpose::join;
    asked.for_authority = authority;
    return asked;
  }
  answer renew_authority(const std::string& with, std::string key, std::string_view serial, timestamp at = noon + 1s) {
    const actor by{.who = "fog-1", .from = "192.0.2.9", .why = "", .at = at};
    return registry_->renew(
        {.name = "fog-1", .with = {"a1b2", with}, .key = std::move(key), .grace = 1h, .of_authority = true},
        [&](kind) { return certificate_of("", std::string(serial)); }, by);
  }
  std::string state_of(std::string_view serial) {
    return std::string(name_of(registry_->find(certificate_id{"a1b2", std::string(serial)})->state));
  }
};

TEST_F(gateways, have_both_certificates_by_one_use) {
  EXPECT_EQ(enrolled(half(true, one_key), "01"), "01 of fog-1");
  EXPECT_EQ(uses_left("g1"), 0U);
  EXPECT_EQ(enrolled(half(false, other_key), "02"), "02 of fog-1");
  EXPECT_EQ(enrolled(half(true, one_key), "03"), "03 of fog-1") << "the answer was lost";
  EXPECT_EQ(enrolled(half(true, std::string(64, 'c')), "04"), "stranger: token g1: the token is used up");
  EXPECT_EQ(enrolled(half(false, std::string(64, 'c')), "04"), "stranger: token g1: the token is used up");
  EXPECT_TRUE(registry_->find(certificate_id{"a1b2", "01"})->given.is_authority);
  EXPECT_FALSE(registry_->find(certificate_id{"a1b2", "02"})->given.is_authority);
}

TEST_F(gateways, wait_for_an_operator_twice_and_use_the_token_once) {
  auto authority = half(true, one_key);
  auto identity = half(false, other_key);
  authority.needs_approval = identity.needs_approval = true;
  for (auto* each : {&authority, &identity}) {
    EXPECT_EQ(enrolled(*each, "01"), "an operator is to approve it");
    EXPECT_TRUE(registry_->decide(application_id_of(each->key), decision::approved, operator_at(noon)));
    EXPECT_EQ(enrolled(*each, each->for_authority ? "01" : "02"), each->for_authority ? "01 of fog-1" : "02 of fog-1");
    EXPECT_EQ(uses_left("g1"), 0U);
  }
}

TEST_F(gateways, need_a_token_for_it) {
  EXPECT_EQ(enrolled(
                [] {
                  auto asked = half(true, one_key);
                  asked.secret = "secret";  // good for devices
                  return asked;
                }(),
                "01"),
            "stranger: token t1: the token is for another purpose");
  auto join = token_of("j1", "join");
  ASSERT_TRUE(registry_->add(join, operator_at(noon)));
  auto asked = half(true, one_key);
  asked.secret = "join";
  EXPECT_EQ(enrolled(asked, "01"), "stranger: token j1: the token is for another purpose");
  EXPECT_EQ(uses_left("j1"), 1U);
}

TEST_F(gateways, renew_their_authority_by_their_identity_and_its_own_key) {
  EXPECT_EQ(enrolled(half(true, one_key), "01"), "01 of fog-1");
  EXPECT_EQ(enrolled(half(false, other_key), "02"), "02 of fog-1");
  EXPECT_EQ(text_of(renew_authority("02", one_key, "03")), "03 of fog-1");
  EXPECT_EQ(state_of("01"), "superseded");
  EXPECT_EQ(state_of("02"), "current") << "it was only shown";
  EXPECT_EQ(text_of(renew_authority("02", one_key, "04")), "04 of fog-1") << "the answer was lost";
  const std::string none = "it has no authority with this key: a token gives the first";
  EXPECT_EQ(text_of(renew_authority("02", std::string(64, 'c'), "05")), none);
  EXPECT_EQ(text_of(renew_authority("02", other_key, "05")), none) << "the key of its identity";
  ASSERT_TRUE(registry_->revoke({"a1b2", "02"}, revocation_reason::cessation_of_operation, operator_at(noon)));
  EXPECT_EQ(text_of(renew_authority("02", one_key, "05")), "this certificate was renewed or revoked before");
}

TEST_F(gateways, lose_every_certificate_of_a_key_that_is_compromised) {
  EXPECT_EQ(enrolled(half(true, one_key), "01"), "01 of fog-1");
  EXPECT_EQ(enrolled(half(false, other_key), "02"), "02 of fog-1");
  EXPECT_EQ(text_of(renew_authority("02", one_key, "03")), "03 of fog-1");
  ASSERT_TRUE(registry_->revoke({"a1b2", "03"}, revocation_reason::key_compromise, operator_at(noon + 2s)));
  EXPECT_EQ(state_of("01") + " " + state_of("02"), "revoked current");
  EXPECT_EQ(text_of(renew_authority("02", one_key, "04")),
            "it has no authority with this key: a token gives the first");
  EXPECT_EQ(enrolled(half(true, one_key), "05", noon + 3s), "a certificate of this key was revoked");
}

}  // namespace
}  // namespace perigee::control::registry

#include "alarm/board.hpp"

#include <gtest/gtest.h>

#include <format>

#include "alarm/alarm_test.hpp"
#include "base/limits.hpp"
#include "base/rules_limits.hpp"

namespace perigee::alarm {
namespace {

using namespace std::chrono_literals;
using testing::act;
using testing::hear;
using testing::told;

constexpr std::int64_t us = 1000;

TEST(board, an_alarm_is_raised_acknowledged_and_over) {
  board b;
  EXPECT_TRUE(hear(b, told("hot", "raised", 5, R"(,"values":{"t":91.5})")));
  const auto& hot = *b.find(1);
  EXPECT_EQ(state_of(hot.now), state::unacknowledged);
  EXPECT_EQ(hot.node, "fog-1");
  EXPECT_EQ(hot.key, "m7");
  EXPECT_EQ(hot.severity, severity::critical);
  EXPECT_EQ(hot.values, R"({"t":9.15E1})");
  EXPECT_TRUE(act(b, event::acknowledge, {{9000}, "ada", "I go and look"}));
  const auto* seen = hot.answer(hot.answered.acknowledged);
  ASSERT_NE(seen, nullptr);
  EXPECT_EQ(*seen, (deed{{9000}, "ada", "I go and look", severity::critical}));
  EXPECT_EQ(state_of(hot.now), state::acknowledged);
  EXPECT_TRUE(hear(b, told("hot", "cleared", 5)));
  EXPECT_EQ(state_of(hot.now), state::normal);
  EXPECT_NE(hot.answer(hot.answered.acknowledged), nullptr) << "it stays known who saw it";
  EXPECT_EQ(b.count().active, 0U);
}

TEST(board, raised_again_nobody_has_seen_it) {
  board b;
  hear(b, told("hot", "raised", 5));
  const auto seen = b.tell(*b.find(1), event::acknowledge, {{}, "ada", ""});
  act(b, seen);
  hear(b, told("hot", "cleared", 5));
  EXPECT_TRUE(hear(b, told("hot", "raised", 7)));
  EXPECT_EQ(state_of(b.find(1)->now), state::unacknowledged);
  EXPECT_EQ(b.find(1)->times_raised, 2U);
  EXPECT_FALSE(act(b, seen)) << "that was of what was raised before";
  EXPECT_EQ(b.size(), 1U);
}

TEST(board, what_is_told_again_changes_nothing) {
  board b;
  hear(b, told("hot", "raised", 5));
  const auto version = b.version();
  EXPECT_FALSE(hear(b, told("hot", "raised", 5)));
  EXPECT_FALSE(hear(b, told("cold", "cleared", 5))) << "it was never raised here";
  EXPECT_EQ(b.version(), version);
}

TEST(board, what_comes_again_out_of_quarantine_is_old) {
  board b;
  const auto from = [](std::uint64_t offset) {
    return teller{.node = "fog-1", .life = epoch(7), .offset = log_offset(offset)};
  };
  EXPECT_TRUE(hear(b, told("hot", "raised", 5), from(1)));
  EXPECT_TRUE(hear(b, told("hot", "cleared", 5), from(2)));
  EXPECT_FALSE(hear(b, told("hot", "raised", 5), from(1)));
  EXPECT_TRUE(hear(b, told("hot", "raised", 4), from(3))) << "the clock was set back: it is new all the same";
  EXPECT_TRUE(b.find(1)->now.active);
}

TEST(board, a_person_clears_what_does_not_clear_itself) {
  board b;
  hear(b, told("hot", "raised", 5));
  EXPECT_TRUE(act(b, event::clear, {{8000}, "ada", ""}));
  EXPECT_FALSE(b.find(1)->now.active);
  EXPECT_EQ(b.find(1)->over_at(), timestamp{8000});
  EXPECT_TRUE(hear(b, told("hot", "raised", 9)));
  EXPECT_TRUE(b.find(1)->now.active);
}

TEST(board, who_may_say_what) {
  board b;
  const teller child{.node = "edge-1", .via = "edge-1"};
  const teller sibling{.node = "edge-2", .via = "edge-2"};
  const teller below{.node = "motor-1", .via = "edge-1"};
  hear(b, told("hot", "raised", 5), child);
  hear(b, told("slow", "raised", 5), below);
  const auto of_hot = b.tell(*b.find(1), event::acknowledge, {{}, "ada", ""});
  const auto of_slow = b.tell(*b.find(2), event::acknowledge, {{}, "ada", ""});
  EXPECT_FALSE(hear(b, to_payload(of_hot), child)) << "a device may publish that";
  EXPECT_FALSE(act(b, of_hot, sibling));
  EXPECT_FALSE(act(b, of_hot, below)) << "what is below speaks for itself alone";
  EXPECT_FALSE(hear(b, told("hot", "cleared", 5, R"(,"node":"edge-1")"), sibling)) << "a condition is its node's";
  EXPECT_FALSE(hear(b, told("hot", "cleared", 5, R"(,"node":"edge-1")"), {.node = "fog-1"}));
  EXPECT_TRUE(act(b, of_slow, child)) << "of a node above it";
  EXPECT_TRUE(act(b, of_hot, {.node = "fog-1"}));
  const auto done = b.apply({.node = "fog-1", .speaks_for_people = true},
                            as_bytes(to_payload(b.tell(*b.find(2), event::shelve, {{1}, "ada", ""}))));
  EXPECT_FALSE(done.changed) << "a shelving without an end";
}

TEST(board, says_where_a_deed_is_to_go) {
  board b;
  hear(b, told("hot", "raised", 5), {.node = "motor-1", .via = "edge-1"});
  const auto payload = to_payload(b.tell(*b.find(1), event::comment, {{7000}, "ada", "a new bearing is ordered"}));
  const auto done = b.apply({.node = "fog-1", .speaks_for_people = true}, as_bytes(payload));
  EXPECT_TRUE(done.changed && done.is_deed);
  EXPECT_EQ(done.via, "edge-1");
  ASSERT_EQ(b.deeds_below("edge-1").size(), 1U);
  EXPECT_EQ(to_payload(b.deeds_below("edge-1")[0]), payload);
  EXPECT_TRUE(b.deeds_below("edge-2").empty());
}

TEST(board, a_shelving_ends) {
  board b;
  hear(b, told("hot", "raised", 5));
  auto timed = b.tell(*b.find(1), event::shelve, {{10 * us}, "ada", "being repaired"});
  timed.kind = shelving::timed;
  timed.until = timed.at + 1h;
  EXPECT_TRUE(act(b, timed));
  EXPECT_EQ(state_of(b.find(1)->now), state::shelved);
  hear(b, told("hot", "cleared", 5));
  hear(b, told("hot", "raised", 20));
  EXPECT_EQ(state_of(b.find(1)->now), state::shelved);
  const auto version = b.version();
  b.advance(timed.until - 1ns);
  EXPECT_EQ(b.version(), version);
  b.advance(timed.until);
  EXPECT_GT(b.version(), version);
  EXPECT_EQ(state_of(b.find(1)->now), state::unacknowledged);
}

TEST(board, a_one_shot_shelving_ends_with_the_activation) {
  board b;
  hear(b, told("hot", "raised", 5));
  auto once = b.tell(*b.find(1), event::shelve, {{10 * us}, "ada", ""});
  once.kind = shelving::one_shot;
  once.until = once.at + 8h;
  act(b, once);
  EXPECT_EQ(b.find(1)->now.shelving, shelving::one_shot);
  hear(b, told("hot", "cleared", 5));
  EXPECT_EQ(state_of(b.find(1)->now), state::returned);
  hear(b, told("hot", "raised", 30));
  EXPECT_EQ(state_of(b.find(1)->now), state::unacknowledged);
}

TEST(board, what_is_acknowledged_for_too_long_is_told_again) {
  board b;
  hear(b, told("hot", "raised", 5, R"(,"realarm_s":600)"));
  act(b, event::acknowledge, {{10 * us}, "ada", ""});
  b.advance(timestamp{10 * us} + 10min - 1ns);
  EXPECT_TRUE(b.find(1)->now.acked);
  b.advance(timestamp{10 * us} + 10min);
  EXPECT_FALSE(b.find(1)->now.acked);
  EXPECT_EQ(b.refusal(*b.find(1), event::acknowledge), nullptr);
  act(b, event::acknowledge, {timestamp{10 * us} + 11min, "bob", ""});
  EXPECT_TRUE(b.find(1)->now.acked);
  hear(b, told("hot", "cleared", 5, "", 12LL * 60 * 1'000'000));
  b.advance(timestamp{} + 3h);
  EXPECT_EQ(state_of(b.find(1)->now), state::normal) << "what is over is not told again";
}

TEST(board, what_became_worse_is_told_again) {
  board b;
  hear(b, R"({"alarm":"hot","severity":"warning","state":"raised","ts":5,"since":5})");
  const auto mild = b.tell(*b.find(1), event::acknowledge, {{900 * us}, "ada", ""});
  act(b, mild);
  EXPECT_TRUE(hear(b, R"({"alarm":"hot","severity":"critical","state":"raised","ts":7,"since":5})"));
  EXPECT_EQ(state_of(b.find(1)->now), state::unacknowledged) << "whoever answered had not seen that";
  EXPECT_EQ(b.find(1)->times_raised, 1U);
  EXPECT_TRUE(act(b, event::acknowledge, {{8 * us}, "bob", ""}));
  EXPECT_EQ(state_of(b.find(1)->now), state::acknowledged);
}

TEST(board, a_deed_is_later_than_what_was_done_before_however_the_clocks_go) {
  board b;
  hear(b, told("hot", "raised", 5));
  act(b, event::remove, {{9'000'000 * us}, "ada", ""});
  EXPECT_TRUE(act(b, event::reinstate, {{10 * us}, "bob", ""})) << "of a node whose clock is behind";
  EXPECT_FALSE(b.find(1)->now.out_of_service);
}

TEST(board, a_group_has_a_first_and_is_suppressed_as_one) {
  board b;
  const auto in_line = R"(,"group":"line-1")";
  hear(b, told("trip", "raised", 9, in_line));
  hear(b, told("pressure", "raised", 5, in_line));
  hear(b, told("other", "raised", 1));
  EXPECT_FALSE(b.is_first_out(*b.find(1)));
  EXPECT_TRUE(b.is_first_out(*b.find(2)));
  hear(b, told("pressure", "cleared", 5));
  EXPECT_TRUE(b.is_first_out(*b.find(2))) << "nobody has acknowledged it";
  const auto told_until = b.version();
  act(b, event::acknowledge, {{20 * us}, "ada", ""}, 2);
  EXPECT_TRUE(b.is_first_out(*b.find(1)));
  EXPECT_GT(b.find(1)->version, told_until) << "whoever follows the board is to hear of it";
  EXPECT_TRUE(act(b, b.tell("fog-1", "line-1", true, {{30 * us}, "ada", "cleaning"})));
  EXPECT_EQ(state_of(b.find(1)->now), state::suppressed);
  EXPECT_EQ(state_of(b.find(3)->now), state::unacknowledged);
  EXPECT_STREQ(b.refusal(*b.find(1), event::unsuppress), "its group is suppressed: unsuppress the group");
  hear(b, told("new", "raised", 40, in_line));
  EXPECT_EQ(state_of(b.find(4)->now), state::suppressed);
  ASSERT_EQ(b.groups().size(), 1U);
  EXPECT_EQ(b.groups()[0].members, 3U);
  EXPECT_TRUE(b.groups()[0].suppressed);
  EXPECT_TRUE(act(b, b.tell("fog-1", "line-1", false, {{}, "bob", ""})));
  EXPECT_EQ(b.count().suppressed, 0U);
  EXPECT_FALSE(act(b, b.tell("fog-1", "line-9", true, {{}, "bob", ""}))) << "there is no such group";
  for (const auto* name : {"trip", "pressure", "new"}) hear(b, told(name, "raised", 50, R"(,"group":"line-2")"));
  ASSERT_EQ(b.groups().size(), 1U) << "nobody is in the one that they left";
  EXPECT_EQ(b.groups()[0].name, "line-2");
  byte_buffer bytes;
  b.encode(bytes);
  board back;
  ASSERT_TRUE(back.restore(bytes));
  EXPECT_EQ(back.groups()[0].members, 3U);
  EXPECT_EQ(back.groups()[0].first_out, b.groups()[0].first_out);
}

TEST(board, an_alarm_suppresses_a_group_while_it_is_active) {
  board b;
  hear(b, told("flow", "raised", 5, R"(,"group":"line-1")"));
  hear(b, told("cleaning", "raised", 6, R"(,"suppresses":"line-1","group":"line-1")"));
  EXPECT_EQ(state_of(b.find(1)->now), state::suppressed);
  EXPECT_EQ(state_of(b.find(2)->now), state::unacknowledged) << "not itself";
  hear(b, told("cleaning", "raised", 6, R"(,"suppresses":"line-2")", 7));
  byte_buffer bytes;
  b.encode(bytes);
  board back;
  ASSERT_TRUE(back.restore(bytes));
  for (auto* each : {&b, &back}) {
    EXPECT_EQ(state_of(each->find(1)->now), state::suppressed) << "the same severity told again changes nothing";
    hear(*each, told("cleaning", "raised", 9, R"(,"suppresses":"line-2")"));
    EXPECT_EQ(state_of(each->find(1)->now), state::unacknowledged);
    hear(*each, told("cleaning", "raised", 10, R"(,"suppresses":"line-1")"));
    EXPECT_EQ(state_of(each->find(1)->now), state::suppressed);
    hear(*each, told("cleaning", "cleared", 10));
    EXPECT_EQ(state_of(each->find(1)->now), state::unacknowledged);
  }
}

TEST(board, the_worst_comes_first) {
  board b;
  hear(b, told("seen", "raised", 9));
  act(b, event::acknowledge, {{}, "ada", ""});
  hear(b, told("gone", "raised", 9));
  hear(b, told("gone", "cleared", 9));
  hear(b, R"({"alarm":"mild","severity":"info","state":"raised","ts":9})");
  hear(b, told("older", "raised", 5));
  hear(b, told("newer", "raised", 8));
  hear(b, told("away", "raised", 9));
  act(b, event::remove, {{}, "ada", ""}, 6);
  std::vector<std::string> names;
  for (const auto* each : b.in_order()) names.push_back(each->name);
  EXPECT_EQ(names, (std::vector<std::string>{"newer", "older", "mild", "gone", "seen", "away"}));
  EXPECT_EQ(b.count(), (board::figures{.active = 5, .standing = 5, .unacknowledged = 4, .out_of_service = 1}));
}

TEST(board, what_tells_no_alarm_is_passed_over) {
  const std::string long_name(limits::rule_name_bytes_max + 1, 'x');
  const std::string long_group(limits::alarm_group_bytes_max + 1, 'x');
  board b;
  for (const std::string& bad :
       {std::string("no json"), std::string("[1]"), std::string("{}"), std::string(R"({"alarm":"a","state":"raised"})"),
        std::string(R"({"alarm":"","state":"raised","ts":1})"), std::string(R"({"alarm":7,"state":"raised","ts":1})"),
        std::string(R"({"alarm":"a","state":"up","ts":1})"), std::string(R"({"alarm":"a","state":"","ts":1})"),
        std::string(R"({"alarm":"a","state":"raised","ts":-1})"), std::string(R"({"state":"suppressed","ts":1})"),
        std::string(R"({"alarm":"a","state":"raised","ts":9223372036854775807})"),
        std::string(R"({"alarm":"a","state":"raised","ts":9223372036854775})"), told(long_name, "raised", 1),
        told("a", "raised", 1, std::format(R"(,"group":"{}")", long_group)), told("a", "raised", 1, R"(,"group":7)"),
        std::string(limits::alarm_payload_bytes_max + 1, ' '), std::string(1000, '[')}) {
    EXPECT_FALSE(hear(b, bad)) << bad.substr(0, 80);
  }
  EXPECT_EQ(b.size(), 0U);
  EXPECT_TRUE(hear(b, told("a", "raised", 1, R"(,"realarm_s":-5,"shelve_max_s":"x","latch":7)")));
  EXPECT_EQ(b.find(1)->with, attributes{}) << "what cannot be is as if it were not there";
}

TEST(board, is_bounded_and_forgets_what_is_normal_the_longest) {
  board b;
  for (std::uint32_t i = 0; i < limits::alarms_listed_max; ++i) hear(b, told(std::format("a{}", i), "raised", i + 1));
  EXPECT_FALSE(hear(b, told("new", "raised", 1)));
  EXPECT_EQ(b.not_listed(), 1U);
  hear(b, told("a5", "cleared", 6, "", 100));
  EXPECT_FALSE(hear(b, told("new", "raised", 1))) << "nobody has seen a5";
  act(b, event::acknowledge, {{}, "ada", ""}, 6);
  act(b, event::acknowledge, {{}, "ada", ""}, 4);
  hear(b, told("a3", "cleared", 4, "", 200));
  EXPECT_TRUE(hear(b, told("new", "raised", 1)));
  EXPECT_EQ(b.size(), limits::alarms_listed_max);
  EXPECT_EQ(b.find(6), nullptr) << "a5";
  EXPECT_NE(b.find(4), nullptr) << "a3";
}

TEST(board, comes_back_as_it_was) {
  board b;
  hear(b, told("hot", "raised", 5, R"(,"values":{"t":91.5},"latch":true,"confirm":true,"group":"g","realarm_s":60)"),
       {.node = "edge-1", .via = "edge-1", .life = epoch(3), .offset = log_offset(9), .here = log_offset(4)});
  act(b, event::acknowledge, {{9000}, "ada", "seen"});
  act(b, event::remove, {{9000}, "ada", "away"});
  act(b, b.tell("edge-1", "g", true, {{9000}, "ada", ""}));
  hear(b, told("gone", "raised", 5));
  hear(b, told("gone", "cleared", 6));
  byte_buffer bytes;
  b.encode(bytes);
  board back;
  ASSERT_TRUE(back.restore(bytes));
  byte_buffer again;
  back.encode(again);
  EXPECT_EQ(again, bytes);
  EXPECT_EQ(back.find(1)->answered.acknowledged->comment, "seen");
  EXPECT_EQ(back.find(1)->trail, std::vector{log_offset(4)});
  EXPECT_EQ(back.find(1)->now, b.find(1)->now);
  EXPECT_TRUE(hear(back, told("third", "raised", 5)));
  EXPECT_NE(back.find(3), nullptr) << "numbers go on";
  ASSERT_TRUE(back.restore(bytes, log_offset(4)));
  EXPECT_TRUE(back.find(1)->trail.empty()) << "of a journal that has lost its end";
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(back.restore(byte_view(bytes).first(n)));
}

}  // namespace
}  // namespace perigee::alarm

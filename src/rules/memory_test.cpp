// What rules remember of messages before: lag and its like, and conditions that must hold for a while.

#include <gtest/gtest.h>

#include <cmath>
#include <format>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/rules_limits.hpp"
#include "rules/recorder_test.hpp"
#include "rules/rule_set.hpp"

namespace perigee::rules {
namespace {

using testing::recorder;
using lines = std::vector<std::string>;

constexpr std::int64_t second = 1'000'000'000;

rule_source source(std::string_view select, std::string_view header = "[[action]]\nstore = \"out\"") {
  return {"m.rule.sql", std::format("/*\n{}\n*/\n{}", header, select)};
}

rule_set load(const rule_source& one) {
  auto set = rule_set::load({&one, 1});
  if (!set) ADD_FAILURE() << render_all(set.error());
  return set ? std::move(*set) : *rule_set::load({});
}
rule_set load(std::string_view select) { return load(source(select)); }

lines problems_of(std::string_view select) {
  lines out;
  const auto one = source(select);
  const auto set = rule_set::load({&one, 1});
  if (set) return out;
  for (const auto& d : set.error()) out.push_back(std::format("{}:{} {} {}", d.line, d.column, d.code, d.message));
  return out;
}

lines feed(rule_set& set, double at_s, std::string_view payload, std::string_view topic = "in/a") {
  recorder out;
  set.apply({topic, as_bytes(payload), timestamp{static_cast<std::int64_t>(at_s * second)}, {}}, out);
  return out.lines;
}

lines advance(rule_set& set, double to_s) {
  recorder out;
  set.advance(0, timestamp{static_cast<std::int64_t>(to_s * second)}, out);
  return out.lines;
}

/// The column x for each of the values of v, one message after the other.
lines column(std::string_view expression, const std::vector<std::string>& values) {
  auto set = load(std::format("SELECT {} AS x FROM 'in/+'", expression));
  lines out;
  double now = 0;
  for (const auto& v : values) {
    const auto came = feed(set, ++now, std::format(R"({{"v":{},"k":"{}"}})", v, out.size() % 2 == 0 ? "even" : "odd"));
    constexpr std::string_view before = R"(store out {"x":)";
    out.push_back(came.empty() ? "nothing" : came[0].substr(before.size(), came[0].size() - before.size() - 1));
  }
  EXPECT_EQ(set.stats(0).errors, 0U);
  return out;
}

TEST(Memory, LagIsTheMessageBefore) {
  EXPECT_EQ(column("lag(v)", {"1", "\"b\"", "null", "4"}), (lines{"null", "1", "\"b\"", "null"}));
  EXPECT_EQ(column("lag(v, 2, 0)", {"1", "2", "3", "4"}), (lines{"0", "0", "1", "2"}));
  EXPECT_EQ(column("v - lag(v, 1, v)", {"1", "5", "3"}), (lines{"0", "4", "-2"}));
  EXPECT_EQ(column("lag(v) OVER (PARTITION BY k)", {"1", "2", "3", "4"}), (lines{"null", "null", "1", "2"}));
  EXPECT_EQ(column("lag(lag(v))", {"1", "2", "3", "4"}), (lines{"null", "null", "1", "2"}));
}

TEST(Memory, TheConditionOfARuleDoesNotChangeWhatItRemembers) {
  auto set = load("SELECT lag(v) AS x FROM 'in/+' WHERE v > 10");
  EXPECT_TRUE(feed(set, 1, R"({"v":1})").empty());
  EXPECT_EQ(feed(set, 2, R"({"v":11})"), lines{R"(store out {"x":1})"});
  auto rising = load("SELECT v FROM 'in/+' WHERE v > 10 AND lag(v) <= 10");
  EXPECT_TRUE(feed(rising, 1, R"({"v":1})").empty());
  EXPECT_EQ(feed(rising, 2, R"({"v":11})").size(), 1U);
  EXPECT_TRUE(feed(rising, 3, R"({"v":12})").empty());
}

TEST(Memory, KnowsWhatChanged) {
  EXPECT_EQ(column("changed(v)", {"1", "1", "null", "1", "2"}), (lines{"true", "false", "false", "false", "true"}));
  EXPECT_EQ(column("had_changed(false, v)", {"1", "null", "null", "1"}), (lines{"true", "true", "false", "true"}));
  EXPECT_EQ(column("changed_col(true, v)", {"23", "23", "25", "25"}), (lines{"23", "null", "25", "null"}));
  EXPECT_EQ(column("latest(v, 0)", {"null", "3", "null"}), (lines{"0", "3", "3"}));
  EXPECT_EQ(column("latest(v) OVER (WHEN k = 'even')", {"1", "2", "3"}), (lines{"1", "1", "3"}));
}

TEST(Memory, ADeadbandLetsThroughWhatMoved) {
  EXPECT_EQ(column("deadband(v, 1)", {"5", "5.9", "6", "6.1", "5.2", "null", "5"}),
            (lines{"true", "false", "false", "true", "false", "null", "true"}));
}

/// Every value lies within the deviation of the line between the corners that were kept.
TEST(Memory, ASwingingDoorKeepsTheCorners) {
  EXPECT_EQ(column("swinging_door(v, 0.1)", {"0", "1", "2", "3", "2", "1", "0"}),
            (lines{"false", "true", "false", "false", "true", "false", "false"}));
  prng random(5);
  std::vector<std::string> values;
  std::vector<double> numbers;
  double at = 0;
  for (int i = 0; i < 300; ++i) {
    at += static_cast<double>(random.below(200)) / 100 - 1;
    numbers.push_back(at);
    values.push_back(std::format("{}", at));
  }
  const auto corner = column("swinging_door(v, 1.5)", values);
  std::vector<std::size_t> kept;
  for (std::size_t i = 1; i < corner.size(); ++i) {
    if (corner[i] == "true") kept.push_back(i - 1);
  }
  ASSERT_GT(kept.size(), 3U);
  EXPECT_LT(kept.size(), 150U);
  for (std::size_t i = 0; i + 1 < kept.size(); ++i) {
    const auto [from, to] = std::pair(kept[i], kept[i + 1]);
    for (auto j = from; j <= to; ++j) {
      const double along = static_cast<double>(j - from) / static_cast<double>(to - from);
      EXPECT_LE(std::abs(numbers[from] + along * (numbers[to] - numbers[from]) - numbers[j]), 3.0) << j;
    }
  }
}

TEST(Memory, AConditionHoldsForAWhileBeforeItCounts) {
  auto set = load("SELECT topic(2) AS m, v, timestamp() AS at FROM 'in/+' WHERE v > 8 FOR 10 SECONDS");
  EXPECT_TRUE(feed(set, 100, R"({"v":9})").empty());
  EXPECT_TRUE(feed(set, 105, R"({"v":10})").empty());
  EXPECT_TRUE(feed(set, 106, R"({"v":9})", "in/b").empty());
  EXPECT_EQ(set.next_deadline(0), timestamp{110 * second});
  EXPECT_EQ(feed(set, 111, R"({"v":12})"), lines{R"(store out {"m":"a","v":10,"at":110000})"}) << "by time, not by it";
  EXPECT_TRUE(feed(set, 112, R"({"v":12})").empty()) << "once";
  EXPECT_TRUE(feed(set, 113, R"({"v":1})", "in/b").empty());
  EXPECT_TRUE(advance(set, 200).empty());
  EXPECT_TRUE(feed(set, 201, R"({"v":1})").empty());
  EXPECT_TRUE(feed(set, 202, R"({"v":9})").empty());
  EXPECT_TRUE(feed(set, 203, R"({})").empty()) << "not knowing changes nothing";
  EXPECT_EQ(advance(set, 212), lines{R"(store out {"m":"a","v":9,"at":212000})"});
  EXPECT_FALSE(set.next_deadline(0));
}

TEST(Memory, AnotherRuleSeesItsOwnMessageWhenOneThatWasHeldComesBetween) {
  const std::vector<rule_source> two{
      {"a.rule.sql", "/*\n[[action]]\nstore = \"held\"\n*/\nSELECT v FROM 'in/+' WHERE v > 8 FOR 10 SECONDS"},
      {"b.rule.sql", "/*\n[[action]]\nstore = \"each\"\n*/\nSELECT v FROM 'in/+'"}};
  auto set = rule_set::load(two);
  ASSERT_TRUE(set) << render_all(set.error());
  feed(*set, 1, R"({"v":9})");
  EXPECT_EQ(feed(*set, 20, R"({"v":3})"), (lines{R"(store held {"v":9})", R"(store each {"v":3})"}));
}

TEST(Memory, AnAlarmThatIsHeldIsClearedAtOnce) {
  auto set = load(source("SELECT v FROM 'in/+' WHERE v > 8 FOR 1 MINUTE OVER (PARTITION BY machine)",
                         "[[action]]\nalarm = \"hot\"\nkey = \"machine\""));
  EXPECT_TRUE(feed(set, 0, R"({"v":9,"machine":"x"})", "in/1").empty());
  EXPECT_TRUE(feed(set, 30, R"({"v":9,"machine":"x"})", "in/2").empty());
  EXPECT_EQ(advance(set, 60), lines{"alarm hot raised key=x warning since=60000000000"});
  EXPECT_EQ(feed(set, 61, R"({"v":1,"machine":"x"})"), lines{"alarm hot cleared key=x warning since=60000000000"});
}

TEST(Memory, AMessageThatIsTooLargeToKeepCountsWithTheNextOne) {
  auto set = load("SELECT v FROM 'in/+' WHERE v > 8 FOR 10 SECONDS");
  const auto large = std::format(R"({{"v":9,"x":"{}"}})", std::string(limits::rule_held_payload_bytes_max, 'x'));
  EXPECT_TRUE(feed(set, 0, large).empty());
  EXPECT_FALSE(set.next_deadline(0));
  EXPECT_TRUE(advance(set, 20).empty());
  EXPECT_EQ(feed(set, 21, large).size(), 1U);
}

TEST(Memory, ACrashAtAnyPointChangesNothing) {
  const std::vector<rule_source> rules{
      source(
          "SELECT lag(v, 3) OVER (PARTITION BY k) AS l, changed(k, v) AS c, latest(v) AS a, "
          "deadband(v, 20) OVER (PARTITION BY k WHEN v > 3) AS d, swinging_door(v, 9) AS s FROM 'in/+' WHERE v < 90"),
      {"h.rule.sql",
       "/*\n[[action]]\nstore = \"held\"\n*/\nSELECT k, v FROM 'in/+' WHERE v > 30 FOR 4 SECONDS OVER "
       "(PARTITION BY k)"}};
  const auto run = [&](std::size_t crash_every) {
    prng random(3);
    auto set = rule_set::load(rules);
    recorder out;
    for (std::size_t i = 1; i <= 200; ++i) {
      const auto payload = std::format(R"({{"v":{},"k":"{}"}})", random.below(100), random.below(3));
      const timestamp now{static_cast<std::int64_t>(i) * second};
      set->advance(0, now, out);
      set->apply({"in/a", as_bytes(payload), now, {}}, out);
      if (crash_every == 0 || i % crash_every != 0) continue;
      byte_buffer snapshot;
      set->snapshot(snapshot);
      auto next = rule_set::load(rules);
      EXPECT_TRUE(next->restore(snapshot, {}, out));
      byte_buffer again;
      next->snapshot(again);
      EXPECT_EQ(again, snapshot);
      set = std::move(next);
    }
    return out.lines;
  };
  const auto whole = run(0);
  EXPECT_GT(whole.size(), 200U);
  EXPECT_EQ(run(1), whole);
  EXPECT_EQ(run(9), whole);
}

TEST(Memory, WhatItRemembersIsBounded) {
  auto set = load("SELECT lag(v) OVER (PARTITION BY topic()) AS l FROM 'in/+'");
  for (std::uint32_t i = 0; i <= limits::rule_groups_max; ++i) feed(set, 1, R"({"v":1})", std::format("in/{}", i));
  EXPECT_EQ(set.stats(0).groups, limits::rule_groups_max);
  EXPECT_EQ(set.stats(0).evicted, 1U);
  feed(set, 1, std::format(R"({{"v":"{}"}})", std::string(5000, 'x')));
  EXPECT_EQ(set.stats(0).errors, 1U);
}

TEST(Memory, SaysWhatIsWrong) {
  EXPECT_EQ(problems_of("SELECT lag() AS x FROM 'in'"), lines{"5:8 P0206 'lag' does not take 0 arguments"});
  EXPECT_EQ(problems_of("SELECT lag(a, 0) AS x FROM 'in'"),
            lines{"5:15 P0225 'lag' needs a constant whole number from 1 to 100 here"});
  EXPECT_EQ(problems_of("SELECT deadband('x', 1) AS x FROM 'in'"),
            lines{"5:17 P0207 'deadband' needs a number, and this is a text"});
  EXPECT_EQ(problems_of("SELECT abs(a) OVER (PARTITION BY b) AS x FROM 'in'"),
            lines{"5:8 P0203 'abs' remembers nothing, so OVER has no meaning here"});
  EXPECT_EQ(problems_of("SELECT lag(a) OVER (PARTITION a) AS x FROM 'in'"), lines{"5:31 P0203 expected BY, found 'a'"});
  EXPECT_EQ(problems_of("SELECT lag(avg(a)) AS x FROM 'in' GROUP BY COUNTWINDOW(2)"),
            lines{"5:8 P0209 'lag' of a window's results is not yet in this version"});
  EXPECT_EQ(problems_of("SELECT a FROM 'in' WHERE a > 1 FOR TEN SECONDS"),
            lines{"5:36 P0203 expected a number above 0, found 'TEN'"});
  EXPECT_EQ(problems_of("SELECT a FROM 'in' WHERE a > 1 FOR 10 YEARS"),
            lines{"5:39 P0203 expected a unit of time, found 'YEARS'"});
  EXPECT_EQ(problems_of("SELECT a FROM 'in' WHERE a > 1 FOR 90 DAYS"),
            lines{"5:39 P0227 a condition is held for at most 31 days"});
  EXPECT_EQ(problems_of("SELECT lag(a) AS a FROM 'in' WHERE a > 1 FOR 1 SECOND"),
            lines{"5:42 P0209 FOR with lag() and its like is not yet in this version"});
  EXPECT_EQ(problems_of("SELECT count(*) AS a FROM 'in' WHERE a > 1 FOR 1 SECOND GROUP BY COUNTWINDOW(2)"),
            lines{"5:44 P0209 FOR in a rule with a window is not yet in this version"});
}

}  // namespace
}  // namespace perigee::rules

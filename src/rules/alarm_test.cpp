// Alarms: raised once, cleared once, and neither forgotten nor repeated by a crash.

#include <gtest/gtest.h>

#include <format>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/alarm_limits.hpp"
#include "base/crc32c.hpp"
#include "base/rules_limits.hpp"
#include "rules/recorder_test.hpp"
#include "rules/rule_set.hpp"

namespace perigee::rules {
namespace {

using testing::recorder;
using lines = std::vector<std::string>;

constexpr std::string_view overheat = R"sql(/*
name = "overheat"
[[action]]
alarm = "hot"
severity = "critical"
key = "topic(2)"
*/
SELECT t FROM 'm/+' WHERE t > 85)sql";

rule_set load(std::string_view text = overheat) {
  auto set = rule_set::load(std::vector<rule_source>{{"r.rule.sql", std::string(text)}});
  if (!set) ADD_FAILURE() << render_all(set.error());
  return set ? std::move(*set) : *rule_set::load({});
}

recorder feed(rule_set& set, std::string_view topic, std::string_view payload, std::int64_t at_ns = 5000) {
  recorder out;
  set.apply({topic, as_bytes(payload), timestamp{at_ns}, {}}, out);
  return out;
}

byte_buffer snapshot(const rule_set& set) {
  byte_buffer out;
  set.snapshot(out);
  return out;
}

TEST(Alarm, IsToldWhenItIsRaisedAndWhenItIsCleared) {
  auto set = load();
  EXPECT_EQ(feed(set, "m/7", R"({"t":90})", 1000).lines, lines{"alarm hot raised key=7 critical since=1000"});
  EXPECT_TRUE(feed(set, "m/7", R"({"t":95})", 2000).lines.empty());
  EXPECT_TRUE(feed(set, "m/7", R"({"other":1})").lines.empty()) << "not knowing changes nothing";
  EXPECT_TRUE(feed(set, "m/7", "no json").lines.empty());
  EXPECT_EQ(set.alarms_raised(), 1U);
  const auto cleared = feed(set, "m/7", R"({"t":80.5})", 3000);
  EXPECT_EQ(cleared.lines, lines{"alarm hot cleared key=7 critical since=1000"});
  EXPECT_EQ(
      cleared.payloads.front(),
      R"({"alarm":"hot","key":"7","severity":"critical","state":"cleared","ts":3,"since":1,"values":{"t":80.5}})");
  EXPECT_TRUE(feed(set, "m/7", R"({"t":80})").lines.empty());
  EXPECT_EQ(set.alarms_raised(), 0U);
  EXPECT_EQ(set.version(), 2U);
}

TEST(Alarm, IsHeldPerKey) {
  auto set = load();
  EXPECT_EQ(feed(set, "m/1", R"({"t":90})").lines.size(), 1U);
  EXPECT_EQ(feed(set, "m/2", R"({"t":90})").lines.size(), 1U);
  EXPECT_TRUE(feed(set, "m/3", R"({"t":80})").lines.empty());
  EXPECT_EQ(feed(set, "m/1", R"({"t":80})").lines, lines{"alarm hot cleared key=1 critical since=5000"});
  EXPECT_EQ(set.alarms_raised(), 1U);
}

TEST(Alarm, SurvivesACrash) {
  auto before = load();
  feed(before, "m/1", R"({"t":90})", 1000);
  feed(before, "m/2", R"({"t":90})", 2000);
  auto after = load();
  recorder out;
  ASSERT_TRUE(after.restore(snapshot(before), timestamp{9000}, out));
  EXPECT_TRUE(out.lines.empty());
  EXPECT_TRUE(feed(after, "m/1", R"({"t":91})").lines.empty()) << "not told twice";
  EXPECT_EQ(feed(after, "m/2", R"({"t":1})").lines, lines{"alarm hot cleared key=2 critical since=2000"});
}

TEST(Alarm, OfARuleThatIsGoneIsCleared) {
  auto before = load();
  feed(before, "m/1", R"({"t":90})", 1000);
  auto after = load("/*\nname = \"other\"\n[[action]]\nalarm = \"hot\"\n*/\nSELECT t FROM 'm/+' WHERE t > 85");
  recorder out;
  ASSERT_TRUE(after.restore(snapshot(before), timestamp{9000}, out));
  EXPECT_EQ(out.lines, lines{"alarm hot cleared key=1 critical since=1000"});
  EXPECT_EQ(after.alarms_raised(), 0U);
}

TEST(Alarm, ASnapshotThatIsDamagedChangesNothing) {
  auto set = load();
  feed(set, "m/1", R"({"t":90})", 1000);
  const auto good = snapshot(set);
  recorder out;
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= 0x10;
    EXPECT_FALSE(set.restore(bad, {}, out)) << i;
    EXPECT_FALSE(set.restore(byte_view(good).first(i), {}, out)) << i;
  }
  EXPECT_EQ(set.alarms_raised(), 1U);
  byte_buffer newer{2, 0};
  byte_writer(newer).u32(crc32c(newer));
  const auto refused = set.restore(newer, {}, out);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(is(refused.error(), errc::unsupported));
}

TEST(Alarm, TheSnapshotOfVersion1IsStillRead) {
  std::ifstream in("tests/golden/rules/snapshot-v1.bin", std::ios::binary);
  const byte_buffer golden{std::istreambuf_iterator<char>(in), {}};
  auto set = load();
  recorder out;
  ASSERT_TRUE(set.restore(golden, {}, out));
  EXPECT_EQ(set.alarms_raised(), 2U);
  EXPECT_EQ(feed(set, "m/7", R"({"t":1})").lines, lines{"alarm hot cleared key=7 critical since=1700000000000000000"});
  feed(set, "m/7", R"({"t":90})", 1'700'000'000'000'000'000);
  EXPECT_EQ(snapshot(set), golden);
}

TEST(Alarm, ThereIsABoundAndItIsSaid) {
  auto set = load();
  for (std::uint32_t i = 0; i < limits::alarms_max; ++i) feed(set, std::format("m/{}", i), R"({"t":90})");
  EXPECT_EQ(set.alarms_raised(), limits::alarms_max);
  EXPECT_TRUE(feed(set, "m/more", R"({"t":90})").lines.empty());
  EXPECT_EQ(set.stats(0).dropped, 1U);
  EXPECT_EQ(feed(set, "m/5", R"({"t":1})").lines.size(), 1U);
  EXPECT_EQ(feed(set, "m/more", R"({"t":90})").lines.size(), 1U);
}

/// With these lines in its action.
rule_set designed(std::string_view attributes, std::string_view where = "t > 85") {
  return load(
      std::format("/*\nname = \"r\"\n[[action]]\nalarm = \"hot\"\nkey = \"topic(2)\"\n{}\n*/\n"
                  "SELECT t FROM 'm/+' WHERE {}",
                  attributes, where));
}

recorder advance(rule_set& set, std::int64_t to_ns, std::uint8_t lane = 0) {
  recorder out;
  set.advance(lane, timestamp{to_ns}, out);
  return out;
}

TEST(Alarm, IsRaisedWhenItsOnDelayHasPassed) {
  auto set = designed("on_delay = \"10s\"");
  EXPECT_TRUE(feed(set, "m/1", R"({"t":90})", 1'000'000'000).lines.empty());
  EXPECT_EQ(set.alarms_raised(), 0U);
  EXPECT_EQ(set.next_deadline(0), timestamp{11'000'000'000});
  EXPECT_TRUE(feed(set, "m/1", R"({"t":95})", 5'000'000'000).lines.empty());
  EXPECT_TRUE(advance(set, 10'999'999'999).lines.empty());
  const auto told = advance(set, 12'000'000'000);
  EXPECT_EQ(told.lines, lines{"alarm hot raised key=1 warning since=11000000000"});
  EXPECT_EQ(told.payloads.front(), R"({"alarm":"hot","key":"1","severity":"warning","state":"raised","ts":11000000,)"
                                   R"("since":11000000,"values":{"t":90}})");
  EXPECT_EQ(set.alarms_raised(), 1U);
  EXPECT_FALSE(set.next_deadline(0));
  EXPECT_EQ(set.stats(0).actions, 1U);
}

TEST(Alarm, IsNotRaisedWhereItsConditionWasFalseInBetween) {
  auto set = designed("on_delay = \"10s\"");
  feed(set, "m/1", R"({"t":90})", 1'000'000'000);
  EXPECT_TRUE(feed(set, "m/1", R"({"t":80})", 5'000'000'000).lines.empty()) << "it was never told";
  EXPECT_FALSE(advance(set, 20'000'000'000).lines.size());
  feed(set, "m/1", R"({"t":90})", 21'000'000'000);
  EXPECT_EQ(set.next_deadline(0), timestamp{31'000'000'000}) << "anew";
}

TEST(Alarm, IsClearedWhenItsOffDelayHasPassed) {
  auto set = designed("off_delay = \"10s\"");
  EXPECT_EQ(feed(set, "m/1", R"({"t":90})", 1'000'000'000).lines.size(), 1U);
  EXPECT_TRUE(feed(set, "m/1", R"({"t":80})", 2'000'000'000).lines.empty());
  EXPECT_TRUE(feed(set, "m/1", R"({"t":90})", 11'000'000'000).lines.empty()) << "back before it was over";
  EXPECT_TRUE(advance(set, 13'000'000'000).lines.empty());
  feed(set, "m/1", R"({"t":80})", 14'000'000'000);
  feed(set, "m/1", R"({"t":79})", 15'000'000'000);
  EXPECT_EQ(set.alarms_raised(), 1U);
  EXPECT_EQ(advance(set, 24'000'000'000).lines, lines{"alarm hot cleared key=1 warning since=1000000000"});
  EXPECT_EQ(set.alarms_raised(), 0U);
}

TEST(Alarm, HoldsWithinItsDeadband) {
  auto set = designed("clear_when = \"t < 80\"");
  EXPECT_EQ(feed(set, "m/1", R"({"t":90})").lines.size(), 1U);
  EXPECT_TRUE(feed(set, "m/1", R"({"t":82})").lines.empty());
  EXPECT_TRUE(feed(set, "m/1", R"({"t":90})").lines.empty()) << "it was never over";
  EXPECT_TRUE(feed(set, "m/1", R"({"other":1})").lines.empty());
  EXPECT_EQ(feed(set, "m/1", R"({"t":79})").lines, lines{"alarm hot cleared key=1 warning since=5000"});
}

TEST(Alarm, ItsOffDelayBeginsAnewWithinItsDeadband) {
  auto set = designed("clear_when = \"t < 80\"\noff_delay = \"10s\"");
  feed(set, "m/1", R"({"t":90})", 1'000'000'000);
  feed(set, "m/1", R"({"t":79})", 2'000'000'000);
  feed(set, "m/1", R"({"t":82})", 3'000'000'000);
  EXPECT_TRUE(advance(set, 12'000'000'000).lines.empty());
  EXPECT_FALSE(set.next_deadline(0));
  feed(set, "m/1", R"({"t":78})", 14'000'000'000);
  EXPECT_TRUE(advance(set, 23'000'000'000).lines.empty());
  const auto told = advance(set, 24'000'000'000);
  EXPECT_EQ(told.lines.size(), 1U);
  EXPECT_TRUE(told.payloads.front().contains(R"("state":"cleared","ts":24000000,"since":1000000,"values":{"t":78})"));
}

TEST(Alarm, ItsDelaysSurviveACrash) {
  constexpr std::string_view both = "on_delay = \"10s\"\noff_delay = \"20s\"";
  auto before = designed(both);
  feed(before, "m/1", R"({"t":90})", 1'000'000'000);
  feed(before, "m/2", R"({"t":90})", 5'000'000'000);
  advance(before, 12'000'000'000);
  feed(before, "m/1", R"({"t":10})", 13'000'000'000);
  auto after = designed(both);
  recorder out;
  ASSERT_TRUE(after.restore(snapshot(before), timestamp{13'500'000'000}, out));
  EXPECT_TRUE(out.lines.empty());
  EXPECT_EQ(snapshot(after), snapshot(before));
  EXPECT_EQ(after.next_deadline(0), timestamp{15'000'000'000});
  EXPECT_EQ(advance(after, 40'000'000'000).lines, (lines{"alarm hot raised key=2 warning since=15000000000",
                                                         "alarm hot cleared key=1 warning since=11000000000"}));
  auto gone = load("/*\nname = \"other\"\n[[action]]\nalarm = \"x\"\n*/\nSELECT t FROM 'm' WHERE t > 1");
  recorder cleared;
  ASSERT_TRUE(gone.restore(snapshot(before), timestamp{14'000'000'000}, cleared));
  EXPECT_EQ(cleared.lines, lines{"alarm hot cleared key=1 warning since=11000000000"})
      << "what was never told is not told to be over";
}

TEST(Alarm, ItsDelayGoesByTheLaneOfItsMessages) {
  auto set = designed("on_delay = \"10s\"");
  recorder out;
  set.apply({.topic = "m/1",
             .payload = as_bytes(R"({"t":90})"),
             .arrival = timestamp{1'000'000'000},
             .now = timestamp{100'000'000'000},
             .lane = 2},
            out);
  EXPECT_FALSE(set.next_deadline(0));
  EXPECT_EQ(set.next_deadline(2), timestamp{110'000'000'000}) << "when this node took it, not a child";
  EXPECT_TRUE(advance(set, 200'000'000'000, 0).lines.empty());
  EXPECT_EQ(advance(set, 110'000'000'000, 2).lines.size(), 1U);
}

TEST(Alarm, IsToldWithWhatWasDesignedForIt) {
  auto set = designed(
      "latch = true\nconfirm = true\nrealarm = \"10m\"\nshelve_max = \"2h\"\n"
      "group = \"line \\\"1\\\"\"\nsuppresses = \"line-2\"");
  const auto raised = feed(set, "m/1", R"({"t":90})").payloads.front();
  EXPECT_TRUE(raised.contains(R"("since":5,"latch":true,"confirm":true,"realarm_s":600,"shelve_max_s":7200,)"
                              R"("group":"line \"1\"","suppresses":"line-2","values":{"t":90}})"))
      << raised;
  const auto cleared = feed(set, "m/1", R"({"t":1})").payloads.front();
  EXPECT_FALSE(cleared.contains("latch"));
}

TEST(Alarm, OfAWindowHoldsWithinItsDeadbandAndWaitsForItsDelay) {
  auto set = load(
      "/*\nname = \"r\"\n[[action]]\nalarm = \"hot\"\nkey = \"m\"\non_delay = \"5s\"\nclear_when = \"mean < 80\"\n*/\n"
      "SELECT topic(2) AS m, avg(t) AS mean FROM 'm/+' GROUP BY m, TUMBLINGWINDOW(ss, 10) HAVING avg(t) > 85");
  const auto window = [&](int number, int mean) {
    feed(set, "m/1", std::format(R"({{"t":{}}})", mean), (number * 10LL + 1) * 1'000'000'000);
    return advance(set, (number * 10LL + 10) * 1'000'000'000).lines;
  };
  EXPECT_TRUE(window(0, 90).empty()) << "it waits from the end of its window on";
  EXPECT_EQ(advance(set, 15'000'000'000).lines, lines{"alarm hot raised key=1 warning since=15000000000"});
  EXPECT_TRUE(window(2, 82).empty());
  EXPECT_EQ(window(3, 70), lines{"alarm hot cleared key=1 warning since=15000000000"});
}

TEST(Alarm, WhatCannotBeDesignedIsRefused) {
  for (const std::string_view bad :
       {"on_delay = 10", "on_delay = \"10 parsecs\"", "off_delay = \"8d\"", "realarm = \"0s\"", "realarm = \"1ms\"",
        "shelve_max = \"30d\"", "latch = \"yes\"", "confirm = 1", "group = \"\"", "group = 7", "clear_when = \"t <\"",
        "clear_when = \"upper('x')\"", "delay = \"1s\"", "qos = 1"}) {
    const auto text =
        std::format("/*\nname = \"r\"\n[[action]]\nalarm = \"hot\"\n{}\n*/\nSELECT t FROM 'm' WHERE t > 1", bad);
    const auto set = rule_set::load(std::vector<rule_source>{{"r.rule.sql", text}});
    ASSERT_FALSE(set) << bad;
    EXPECT_EQ(set.error().size(), 1U) << bad;
    EXPECT_EQ(set.error().front().line, bad.starts_with("clear_when") ? 5U : set.error().front().line) << bad;
  }
  const auto long_group =
      std::format("/*\nname = \"r\"\n[[action]]\nalarm = \"hot\"\ngroup = \"{}\"\n*/\nSELECT t FROM 'm'",
                  std::string(limits::alarm_group_bytes_max + 1, 'g'));
  EXPECT_FALSE(rule_set::load(std::vector<rule_source>{{"r.rule.sql", long_group}}));
}

TEST(Alarm, WithoutAKeyOrWithoutAValueForIt) {
  auto plain = load("/*\nname = \"r\"\n[[action]]\nalarm = \"a\"\n*/\nSELECT t FROM 'm' WHERE t > 1");
  EXPECT_EQ(feed(plain, "m", R"({"t":2})").lines, lines{"alarm a raised key= warning since=5000"});
  auto keyed = load(
      "/*\nname = \"r\"\n[[action]]\nalarm = \"a\"\nkey = \"id\"\n*/\nSELECT t, serial AS id FROM 'm' WHERE t > 1");
  EXPECT_TRUE(feed(keyed, "m", R"({"t":2})").lines.empty());
  EXPECT_EQ(keyed.stats(0).dropped, 1U);
  EXPECT_EQ(feed(keyed, "m", R"({"t":2,"serial":12})").lines, lines{"alarm a raised key=12 warning since=5000"});
}

}  // namespace
}  // namespace perigee::rules

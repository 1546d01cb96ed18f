// Alarms: raised once, cleared once, and neither forgotten nor repeated by a crash.

#include <gtest/gtest.h>

#include <format>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

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

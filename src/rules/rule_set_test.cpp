#include "rules/rule_set.hpp"

#include <gtest/gtest.h>

#include <format>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "rules/recorder_test.hpp"

namespace perigee::rules {
namespace {

using testing::recorder;

constexpr std::string_view publish_header = "/*\nname = \"r\"\n[[action]]\npublish = \"out\"\n*/\n";

rule_set load(std::string_view text) {
  auto set = rule_set::load(std::vector<rule_source>{{"r.rule.sql", std::string(text)}});
  if (!set) ADD_FAILURE() << render_all(set.error());
  return set ? std::move(*set) : *rule_set::load({});
}

recorder apply(rule_set& set, std::string_view topic, std::string_view payload, std::int64_t at_us = 1'000'000) {
  recorder out;
  set.apply({topic, as_bytes(payload), timestamp{at_us * 1000}, log_offset(7)}, out);
  return out;
}

/// What `SELECT <expression> AS x` gives for a payload, as JSON; "" where nothing was published.
std::string select(std::string_view expression, std::string_view payload = "{}") {
  auto set = load(std::format("{}SELECT {} AS x FROM '#'  WHERE topic(1) = 'a'", publish_header, expression));
  const auto out = apply(set, "a/b/c", payload);
  if (out.lines.empty()) return {};
  constexpr std::string_view before = R"(publish out qos=0 {"x":)";
  EXPECT_TRUE(out.lines.front().starts_with(before)) << out.lines.front();
  return out.lines.front().substr(before.size(), out.lines.front().size() - before.size() - 1);
}

bool holds(std::string_view condition, std::string_view payload) {
  auto set = load(std::format("{}SELECT 1 AS x FROM 'a/#' WHERE {}", publish_header, condition));
  return !apply(set, "a/b", payload).lines.empty();
}

TEST(RuleSet, DecidesByConditionAndPublishesTheColumns) {
  auto set = load(R"(/*
name = "overheat"
[[action]]
publish = "cmd/${topic(2)}"
qos = 1
retain = true
*/
SELECT temperature AS t, topic(4) AS machine, timestamp() AS ts
FROM 'site/+/machine/#'
WHERE temperature > 85.0 AND state.running = true
)");
  EXPECT_EQ(apply(set, "site/north/machine/m7", R"({"temperature":85.50,"state":{"running":true}})").lines,
            std::vector<std::string>{R"(publish cmd/north qos=1 retain {"t":85.50,"machine":"m7","ts":1000})"});
  EXPECT_TRUE(apply(set, "site/north/machine/m7", R"({"temperature":85.0,"state":{"running":true}})").lines.empty());
  EXPECT_TRUE(apply(set, "site/north/machine/m7", R"({"temperature":99,"state":{"running":false}})").lines.empty());
  EXPECT_TRUE(apply(set, "site/north/press/m7", R"({"temperature":99,"state":{"running":true}})").lines.empty());
  EXPECT_EQ(set.stats(0).seen, 3U);
  EXPECT_EQ(set.stats(0).matched, 1U);
  EXPECT_EQ(set.stats(0).actions, 1U);
  EXPECT_EQ(set.stats(0).errors, 0U);
}

TEST(RuleSet, ComputesLikeArithmeticDoes) {
  EXPECT_EQ(select("1 + 2 * 3"), "7");
  EXPECT_EQ(select("(1 + 2) * 3"), "9");
  EXPECT_EQ(select("10 - 4 - 3"), "3");
  EXPECT_EQ(select("7 / 2"), "3.5");
  EXPECT_EQ(select("7 % 4"), "3");
  EXPECT_EQ(select("-a + 1", R"({"a":3})"), "-2");
  EXPECT_EQ(select("1000000 * 1000000"), "1000000000000");
  EXPECT_EQ(select("0.1 + 0.2"), "0.30000000000000004");
}

TEST(RuleSet, GivesFieldsAsTheyWereWritten) {
  EXPECT_EQ(select("a", R"({"a": 20.50 })"), "20.50");
  EXPECT_EQ(select("a", R"({"a":12345678901234567890})"), "12345678901234567890");
  EXPECT_EQ(select("a", R"({"a":{"b": [1, 2]} })"), R"({"b": [1, 2]})");
  EXPECT_EQ(select("a.b", R"({"a":{"b":[1,{}],"c":2}})"), "[1,{}]");
  EXPECT_EQ(select("a", R"({"a":"say \"hi\"\n\u0001"})"), R"("say \"hi\"\n\u0001")");
  EXPECT_EQ(select(R"("odd name"."from")", R"({"odd name":{"from":5}})"), "5");
  EXPECT_EQ(select("value", "21.5"), "21.5");
  EXPECT_EQ(select("value", R"("on")"), R"("on")");
  EXPECT_EQ(select("value", "[1]"), "[1]");
  EXPECT_EQ(select("missing", "{}"), "null");
}

TEST(RuleSet, AFieldAndAFieldWithinItAreBothFound) {
  auto set = load(std::string(publish_header) + "SELECT a, a.b AS b, c FROM 'a'");
  EXPECT_EQ(apply(set, "a", R"({"a":{"x":1,"b":2},"c":3})").lines,
            std::vector<std::string>{R"(publish out qos=0 {"a":{"x":1,"b":2},"b":2,"c":3})"});
}

TEST(RuleSet, StarPassesThePayloadOn) {
  auto all = load(std::string(publish_header) + "SELECT * FROM 'a'");
  EXPECT_EQ(apply(all, "a", R"( {"x": 1.0} )").lines, std::vector<std::string>{R"(publish out qos=0 {"x": 1.0})"});
  EXPECT_EQ(apply(all, "a", "12").lines, std::vector<std::string>{R"(publish out qos=0 {"value":12})"});
  EXPECT_TRUE(apply(all, "a", "{broken").lines.empty());
  auto more = load(std::string(publish_header) + "SELECT *, topic() AS topic FROM 'a'");
  EXPECT_EQ(apply(more, "a", R"({"x":1})").lines, std::vector<std::string>{R"(publish out qos=0 {"x":1,"topic":"a"})"});
  EXPECT_EQ(apply(more, "a", "{}").lines, std::vector<std::string>{R"(publish out qos=0 {"topic":"a"})"});
}

TEST(RuleSet, NullIsNotKnowing) {
  EXPECT_FALSE(holds("a > 1", "{}"));
  EXPECT_FALSE(holds("NOT a > 1", "{}"));
  EXPECT_FALSE(holds("a = NULL", R"({"a":null})"));
  EXPECT_TRUE(holds("a IS NULL", R"({"a":null})"));
  EXPECT_TRUE(holds("a IS NOT NULL", R"({"a":0})"));
  EXPECT_TRUE(holds("a > 1 OR b = 2", R"({"b":2})"));
  EXPECT_TRUE(holds("b = 2 OR a > 1", R"({"b":2})"));
  EXPECT_FALSE(holds("a > 1 AND b = 2", R"({"b":2})"));
  EXPECT_TRUE(holds("(a > 1 AND b = 3) IS NOT NULL", R"({"b":2})"));
  EXPECT_TRUE(holds("(a > 1 AND b = 2) IS NULL", R"({"b":2})"));
  EXPECT_TRUE(holds("(b = 2 AND a > 1) IS NULL", R"({"b":2})"));
  EXPECT_TRUE(holds("a NOT IN (1, 2)", R"({"a":3})"));
  EXPECT_FALSE(holds("a NOT IN (1, NULL)", R"({"a":3})"));
  EXPECT_TRUE(holds("a IN (1, NULL)", R"({"a":1})"));
  EXPECT_EQ(select("a + 1"), "null");
  EXPECT_EQ(select("coalesce(a, b, 3)", R"({"b":2})"), "2");
}

TEST(RuleSet, KnowsThePredicatesOfSql) {
  EXPECT_TRUE(holds("a BETWEEN 1 AND 3", R"({"a":3})"));
  EXPECT_FALSE(holds("a BETWEEN 1 AND 3", R"({"a":3.01})"));
  EXPECT_TRUE(holds("a NOT BETWEEN 1 AND 3", R"({"a":4})"));
  EXPECT_TRUE(holds("m IN ('x', 'y')", R"({"m":"y"})"));
  EXPECT_TRUE(holds("m LIKE 'pump-%'", R"({"m":"pump-12"})"));
  EXPECT_TRUE(holds("m LIKE '%a_c%'", R"({"m":"xxaaäc!"})"));
  EXPECT_FALSE(holds("m NOT LIKE 'p%'", R"({"m":"pump"})"));
  EXPECT_TRUE(holds("a <> 1 and not a != 2", R"({"a":2})"));
  EXPECT_TRUE(holds("running", R"({"running":true})"));
  EXPECT_EQ(select("CASE WHEN a > 9 THEN 'high' WHEN a > 5 THEN 'mid' ELSE 'low' END", R"({"a":7})"), R"("mid")");
  EXPECT_EQ(select("CASE m WHEN 'x' THEN 1 WHEN 'y' THEN 2 END", R"({"m":"y"})"), "2");
  EXPECT_EQ(select("CASE m WHEN 'x' THEN 1 END", R"({"m":"z"})"), "null");
}

TEST(RuleSet, HasItsFunctions) {
  EXPECT_EQ(select("topic()"), R"("a/b/c")");
  EXPECT_EQ(select("topic(3)"), R"("c")");
  EXPECT_EQ(select("topic(4)"), "null");
  EXPECT_EQ(select("timestamp()"), "1000");
  EXPECT_EQ(select("offset()"), "7");
  EXPECT_EQ(select("ABS(-3)"), "3");
  EXPECT_EQ(select("round(2.5) + floor(1.9) + ceil(1.1)"), "6");
  EXPECT_EQ(select("round(3.14159, 2)"), "3.14");
  EXPECT_EQ(select("sqrt(16) + power(2, 3)"), "12");
  EXPECT_EQ(select("min(3, 1, 2) + max(3, 1, 2)"), "4");
  EXPECT_EQ(select("upper('abc') || lower('DEF')"), R"("ABCdef")");
  EXPECT_EQ(select("length('grün')"), "4");
  EXPECT_EQ(select("concat('a', 1, true, NULL, 'b')"), R"("a1trueb")");
  EXPECT_EQ(select("cast('2.50' AS number) + 1"), "3.5");
  EXPECT_EQ(select("cast(2 AS text)"), R"("2")");
  EXPECT_EQ(select("cast('true' AS boolean)"), "true");
}

TEST(RuleSet, WhatCannotBeComputedIsNullAndCounted) {
  for (const auto* expression : {"1 / a", "1 % a", "sqrt(a - 1)", "b + 1", "upper(a)", "b > a", "cast(b AS number)",
                                 "round(1.5, 99)", "-b", "b AND true", "power(10, 999)"}) {
    auto set = load(std::format("{}SELECT {} AS x FROM 'a' ", publish_header, expression));
    EXPECT_EQ(apply(set, "a", R"({"a":0,"b":"text"})").lines,
              std::vector<std::string>{R"(publish out qos=0 {"x":null})"})
        << expression;
    EXPECT_EQ(set.stats(0).errors, 1U) << expression;
    EXPECT_EQ(set.stats(0).last_error->what, "a value has the wrong type, or was divided by zero") << expression;
  }
}

TEST(RuleSet, APayloadThatIsNoJsonIsCountedAndPassedOver) {
  auto set = load(std::string(publish_header) + "SELECT a FROM 'a' WHERE a > 1");
  for (const auto* bad : {"", "{", "nonsense", R"({"a":})", R"({"a":1e999})", "\xff\xfe", R"({"a":"\ud800"})"}) {
    EXPECT_TRUE(apply(set, "a", bad).lines.empty()) << bad;
  }
  EXPECT_EQ(set.stats(0).errors, 7U);
  const auto& last = set.stats(0).last_error;
  ASSERT_TRUE(last);
  EXPECT_EQ(last->what, "the payload is not JSON");
  EXPECT_EQ(last->topic, "a");
  EXPECT_EQ(apply(set, "a", R"({"a":2})").lines.size(), 1U);
  auto blind = load(std::string(publish_header) + "SELECT topic() AS t FROM 'a'");
  EXPECT_EQ(apply(blind, "a", "nonsense").lines.size(), 1U);
}

TEST(RuleSet, SeveralFiltersOfARuleDecideOnce) {
  auto set = load(std::string(publish_header) + "SELECT topic() AS t FROM 'a/#', '+/b', 'a/b'");
  EXPECT_EQ(apply(set, "a/b", "{}").lines.size(), 1U);
  EXPECT_EQ(apply(set, "x/b", "{}").lines.size(), 1U);
  EXPECT_TRUE(apply(set, "x/c", "{}").lines.empty());
  EXPECT_TRUE(set.wants("a"));
  EXPECT_FALSE(set.wants("x/c"));
}

TEST(RuleSet, RulesActInTheOrderOfTheFiles) {
  std::vector<rule_source> sources;
  for (const auto* name : {"z", "a", "m"}) {
    sources.push_back(
        {std::format("{}.rule.sql", name),
         std::format("/*\n[[action]]\nstore = \"out/{0}\"\n*/\nSELECT v, '{0}' AS by FROM 'in/#'", name)});
  }
  auto set = rule_set::load(sources);
  ASSERT_TRUE(set) << render_all(set.error());
  EXPECT_EQ(apply(*set, "in/1", R"({"v":1})").lines,
            (std::vector<std::string>{R"(store out/z {"v":1,"by":"z"})", R"(store out/a {"v":1,"by":"a"})",
                                      R"(store out/m {"v":1,"by":"m"})"}));
  EXPECT_EQ(set->stats(1).name, "a");
}

TEST(RuleSet, APayloadTemplateHoldsValuesAsJson) {
  auto set = load(R"(/*
name = "r"
[[action]]
publish = "cmd/${who}"
payload = '{"speed":${v / 2},"for":${who},"why":${"a}b"}}'
*/
SELECT v, m AS who FROM 'in')");
  EXPECT_EQ(apply(set, "in", R"({"v":3,"m":"say\"x","a}b":null})").lines,
            std::vector<std::string>{R"(publish cmd/say"x qos=0 {"speed":1.5,"for":"say\"x","why":null})"});
}

TEST(RuleSet, AValueCannotChangeTheShapeOfATopic) {
  auto set = load("/*\nname = \"r\"\n[[action]]\npublish = \"cmd/${m}\"\n*/\nSELECT m FROM 'in'");
  for (const auto* m : {"a/b", "+", "#", "", "a\\u0000b"}) {
    EXPECT_TRUE(apply(set, "in", std::format(R"({{"m":"{}"}})", m)).lines.empty()) << m;
  }
  EXPECT_TRUE(apply(set, "in", R"({"m":{"x":1}})").lines.empty());
  EXPECT_TRUE(apply(set, "in", "{}").lines.empty());
  EXPECT_EQ(set.stats(0).dropped, 7U);
  EXPECT_EQ(apply(set, "in", R"({"m":7})").lines.front(), R"(publish cmd/7 qos=0 {"m":7})");
  auto mirror = load("/*\nname = \"r\"\n[[action]]\npublish = \"copy/${topic()}\"\n*/\nSELECT m FROM 'in/#'");
  EXPECT_EQ(apply(mirror, "in/a/b", "{}").lines.front(), R"(publish copy/in/a/b qos=0 {"m":null})");
}

TEST(RuleSet, MoreTextThanThereIsRoomForIsDropped) {
  auto set = load(std::string(publish_header) + "SELECT a AS x, a AS y, a AS z FROM 'a'");
  const auto big = std::format(R"({{"a":"{}"}})", std::string(limits::message_payload_bytes_max - 100, 'x'));
  EXPECT_TRUE(apply(set, "a", big).lines.empty());
  EXPECT_EQ(set.stats(0).dropped, 1U);
  EXPECT_EQ(apply(set, "a", R"({"a":1})").lines.size(), 1U);
}

}  // namespace
}  // namespace perigee::rules

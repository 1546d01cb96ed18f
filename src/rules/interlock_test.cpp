// Rules that decide where a message arrives.

#include <gtest/gtest.h>

#include "rules/recorder_test.hpp"
#include "rules/rule_set.hpp"

namespace perigee::rules {
namespace {

using testing::recorder;
using lines = std::vector<std::string>;

std::expected<rule_set, diagnostics> load(std::string_view header, std::string_view rest = "WHERE p > 8") {
  return rule_set::load(std::vector<rule_source>{
      {"stop.rule.sql", std::format("/*\ninterlock = true\n{}\n*/\nSELECT p FROM 'a/+' {}", header, rest)},
      {"other.rule.sql", "/*\n[[action]]\nstore = \"b\"\n*/\nSELECT p FROM 'a/+' WHERE p > 9"}});
}

constexpr std::string_view stop = "[[action]]\npublish = \"cmd/${topic(2)}\"\npayload = '{\"stop\":true}'";

lines at_once(rule_set& set, std::string_view payload) {
  recorder out;
  set.decide_at_once({"a/m7", as_bytes(payload), timestamp{1'000'000'000}}, out);
  return out.lines;
}

TEST(Interlock, DecidesApartFromTheOtherRules) {
  auto set = load(stop);
  ASSERT_TRUE(set) << render_all(set.error());
  EXPECT_TRUE(set->has_interlocks());
  EXPECT_EQ(at_once(*set, R"({"p":10})"), lines{R"(publish cmd/m7 qos=0 {"stop":true})"});
  EXPECT_EQ(at_once(*set, R"({"p":7})"), lines{});
  recorder later;
  set->apply({"a/m7", as_bytes(R"({"p":10})"), timestamp{1'000'000'000}}, later);
  EXPECT_EQ(later.lines, lines{R"(store b {"p":10})"});
  EXPECT_EQ(set->stats(0).seen, 2U);
  EXPECT_EQ(set->stats(0).matched, 1U);
  EXPECT_EQ(set->stats(1).seen, 1U);
}

TEST(Interlock, WhatCannotBeReadIsCountedAndDoesNothing) {
  auto set = load(stop);
  ASSERT_TRUE(set) << render_all(set.error());
  EXPECT_EQ(at_once(*set, "{"), lines{});
  EXPECT_EQ(at_once(*set, R"({"p":"high"})"), lines{});
  EXPECT_EQ(set->stats(0).errors, 2U);
}

TEST(Interlock, HasNothingToRemember) {
  const auto code = [](std::string_view header, std::string_view rest = "WHERE p > 8") {
    const auto set = load(header, rest);
    return set ? std::string() : set.error().front().code;
  };
  EXPECT_EQ(code("[[action]]\nalarm = \"hot\""), "P0241");
  EXPECT_EQ(code("[[action]]\nstore = \"x\""), "P0241");
  EXPECT_EQ(code("[[action]]\nwebhook = \"x\""), "P0241");
  EXPECT_EQ(code("[[action]]\npublish = \"x\"\nqos = 1"), "P0241");
  EXPECT_EQ(code("[[action]]\npublish = \"x\"\nretain = true"), "P0241");
  EXPECT_EQ(code("time = \"ts\"\n[[action]]\npublish = \"x\""), "P0241");
  EXPECT_EQ(code(stop, "WHERE p > 8 FOR 1 SECONDS"), "P0241");
  EXPECT_EQ(code(stop, "WHERE lag(p) > 8"), "P0241");
  const auto window =
      rule_set::load(std::vector<rule_source>{{"w.rule.sql",
                                               "/*\ninterlock = true\n[[action]]\npublish = \"x\"\n*/\nSELECT max(p) "
                                               "AS p FROM 'a/+' GROUP BY TUMBLINGWINDOW(ss, 1)"}});
  ASSERT_FALSE(window);
  EXPECT_EQ(window.error().front().code, "P0241");
  EXPECT_FALSE(rule_set::load({})->has_interlocks());
}

}  // namespace
}  // namespace perigee::rules

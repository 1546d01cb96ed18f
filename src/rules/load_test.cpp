// What a rule file that is wrong gets.

#include <gtest/gtest.h>

#include <format>
#include <string>
#include <vector>

#include "base/rules_limits.hpp"
#include "rules/rule_set.hpp"

namespace perigee::rules {
namespace {

constexpr std::string_view header = "/*\nname = \"r\"\n[[action]]\npublish = \"out\"\n*/\n";

/// Each diagnostic as "line:column code message".
std::vector<std::string> problems_of(std::string_view text) {
  std::vector<std::string> out;
  const auto set = rule_set::load(std::vector<rule_source>{{"r.rule.sql", std::string(text)}});
  if (set) return out;
  for (const auto& d : set.error()) out.push_back(std::format("{}:{} {} {}", d.line, d.column, d.code, d.message));
  return out;
}
using lines = std::vector<std::string>;

lines in_select(std::string_view select) { return problems_of(std::string(header) + std::string(select)); }
lines in_header(std::string_view toml) {
  return problems_of(std::format("/*\nname = \"r\"\n{}\n*/\nSELECT a FROM 'in'", toml));
}

TEST(RuleLoad, ShowsTheLineTheCaretAndWhatWouldBeRight) {
  const auto set = rule_set::load(
      std::vector<rule_source>{{"hot.rule.sql", std::string(header) + "SELECT a FROM 'in'\nWHERE rond(a) > 1"}});
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().front().render(),
            "hot.rule.sql:7:7: error P0205: unknown function 'rond'\n"
            "     7 | WHERE rond(a) > 1\n"
            "       |       ^^^^\n"
            "       = help: did you mean 'round'?\n");
}

TEST(RuleLoad, SaysEverythingThatIsWrongAtOnce) {
  EXPECT_EQ(
      problems_of(R"(/*
name = "bad name"
[[action]]
publsh = "x"
[[action]]
publish = "cmd/${topic(2}"
qos = 3
[[action]]
alarm = "a"
sevrity = "critical"
*/
SELECT averge(t) AS x, y + 'text' AS z, topic(2
FROM 'site/#/machine', 5
WHERE temperature + 1
GROUP BY machine)"),
      (lines{"2:9 P0216 'bad name' cannot be the name of a rule", "3:1 P0217 this action says nothing to do",
             "6:25 P0203 expected ')', found the end", "7:7 P0216 'qos' is 0 or 1", "10:1 P0215 unknown key 'sevrity'",
             "12:8 P0205 unknown function 'averge'", "12:28 P0207 '+' needs a number, and this is a text",
             "13:1 P0203 expected ')', found 'FROM'", "13:6 P0208 'site/#/machine' is not a topic filter",
             "13:24 P0203 expected a topic filter, found '5'",
             "14:7 P0207 WHERE needs true or false, and this is a number", "15:10 P0228 GROUP BY needs a window"}));
}

TEST(RuleLoad, PointsAtWhatDoesNotLex) {
  EXPECT_EQ(in_select("SELECT 'abc AS x\nFROM 'in'"), lines{"6:8 P0201 this text never ends"});
  EXPECT_EQ(in_select("SELECT \"abc\nFROM 'in'"), lines{"6:8 P0201 this name never ends"});
  EXPECT_EQ(in_select("SELECT a FROM 'in' /* on"), lines{"6:20 P0201 this comment never ends"});
  EXPECT_EQ(in_select("SELECT 12ab AS x FROM 'in'"), lines{"6:8 P0211 '12ab' is not a number"});
  EXPECT_EQ(in_select("SELECT 1e999 AS x FROM 'in'"), lines{"6:8 P0211 '1e999' is not a number"});
  EXPECT_EQ(in_select("SELECT a ? b FROM 'in'").front(), "6:10 P0202 '?' means nothing here");
}

TEST(RuleLoad, PointsAtWhatDoesNotParse) {
  EXPECT_EQ(in_select("SELEC a FROM 'in'"), lines{"6:1 P0203 expected SELECT, found 'SELEC'"});
  EXPECT_EQ(in_select("SELECT a"), lines{"6:9 P0204 FROM is missing"});
  EXPECT_EQ(in_select("SELECT a WHERE a > 1"), lines{"6:10 P0204 FROM is missing"});
  EXPECT_EQ(in_select("SELECT a b FROM 'in'"), lines{"6:10 P0203 expected ',' or FROM, found 'b'"});
  EXPECT_EQ(in_select("SELECT a, FROM 'in'"), lines{"6:11 P0203 expected a value, found 'FROM'"});
  EXPECT_EQ(in_select("SELECT a + FROM 'in' WHERE b >"),
            (lines{"6:12 P0203 expected a value, found 'FROM'", "6:31 P0203 expected a value, found the end"}));
  EXPECT_EQ(in_select("SELECT a FROM 'in'; SELECT b FROM 'in'"),
            lines{"6:21 P0203 expected the end of the rule, found 'SELECT'"});
  EXPECT_EQ(in_select("SELECT CASE a END AS x FROM 'in'"), lines{"6:15 P0203 expected WHEN, found 'END'"});
  EXPECT_EQ(in_select("SELECT cast(a AS colour) AS x FROM 'in'"), lines{"6:18 P0203 expected a type, found 'colour'"});
  EXPECT_EQ(in_select("SELECT a.'b' AS x FROM 'in'"),
            lines{"6:10 P0203 expected the name of a field, found the text 'b'"});
  EXPECT_EQ(in_select("SELECT a FROM in"), lines{"6:15 P0203 expected a topic filter, found 'in'"});
  EXPECT_EQ(in_select("SELECT a IN () AS x FROM 'in'"), lines{"6:8 P0203 IN needs at least one choice"});
}

TEST(RuleLoad, NamesWhatIsNotYetThere) {
  EXPECT_EQ(in_select("SELECT DISTINCT a FROM 'in'"), lines{"6:8 P0209 DISTINCT is not yet in this version"});
  EXPECT_EQ(in_select("SELECT a IN (SELECT b) AS x FROM 'in'"),
            lines{"6:14 P0209 a SELECT within another is not yet in this version"});
  EXPECT_EQ(in_select("SELECT a FROM 'in' RIGHT JOIN b ON b.x = y"),
            lines{"6:20 P0209 RIGHT JOIN is not yet in this version"});
  EXPECT_EQ(in_select("SELECT a FROM 'in' WHERE a > 1 ORDER BY a LIMIT 5"),
            (lines{"6:32 P0209 ORDER BY is not yet in this version", "6:43 P0209 LIMIT is not yet in this version"}));
}

TEST(RuleLoad, ChecksTypesAndColumns) {
  EXPECT_EQ(in_select("SELECT round() AS x FROM 'in'"), lines{"6:8 P0206 'round' does not take 0 arguments"});
  EXPECT_EQ(in_select("SELECT topic('a') AS x FROM 'in'"),
            lines{"6:14 P0207 'topic' needs a number, and this is a text"});
  EXPECT_EQ(in_select("SELECT a FROM 'in' WHERE topic(1) > 5"),
            lines{"6:26 P0207 a text cannot be compared with a number"});
  EXPECT_EQ(in_select("SELECT a FROM 'in' WHERE a > 1 AND 'on'"),
            lines{"6:36 P0207 AND needs true or false, and this is a text"});
  EXPECT_EQ(in_select("SELECT a FROM 'in' WHERE CASE WHEN a = 1 THEN 1 ELSE 2 END"),
            lines{"6:26 P0207 WHERE needs true or false, and this is a number"});
  EXPECT_EQ(in_select("SELECT a, b AS a FROM 'in'"), lines{"6:16 P0210 two columns are named 'a'"});
  EXPECT_EQ(in_select("SELECT a + 1 FROM 'in'"), lines{"6:8 P0221 this column has no name"});
  EXPECT_EQ(in_select("SELECT a FROM '$share/g/in'"), lines{"6:15 P0208 '$share/g/in' is not a topic filter"});
}

TEST(RuleLoad, ChecksTheHeader) {
  EXPECT_EQ(problems_of("/*\n\n*/\nSELECT a FROM 'in'").back(), "2:1 P0222 the rule does nothing");
  EXPECT_EQ(problems_of("SELECT a FRM 'in'"),
            (lines{"1:1 P0213 the header is missing", "1:10 P0203 expected ',' or FROM, found 'FRM'",
                   "1:18 P0204 FROM is missing"}));
  EXPECT_EQ(problems_of("/*\nname = \"r\"\nSELECT a"), lines{"1:3 P0213 the header never ends"});
  EXPECT_EQ(in_header("[[action]]\npublish = 'out'\nqos = true"), lines{"5:7 P0216 'qos' is 0 or 1"});
  EXPECT_EQ(in_header("[[action]]\npublish = 'out'\nretain = 1"), lines{"5:10 P0216 'retain' is true or false"});
  EXPECT_EQ(in_header("[[action]]\npublish = 5"), lines{"4:11 P0216 'publish' is a string"}) << "and no second message";
  EXPECT_EQ(in_header("[[action]]\nalarm = 'hot'\nseverity = 'critcal'"),
            lines{"5:13 P0216 'severity' is info, warning or critical"});
  EXPECT_EQ(in_header("[[action]]\nalarm = 'so hot'"), lines{"4:10 P0216 'so hot' cannot be the name of an alarm"});
  EXPECT_EQ(in_header("[[action]]\npublish = 'a'\nstore = 'b'"),
            lines{"5:1 P0217 one action cannot both publish and store"});
  EXPECT_EQ(in_header("[action]\npublish = 'a'"), lines{"3:1 P0216 'action' is a list of tables"});
  EXPECT_EQ(in_header("nam = 'x'\n[[action]]\nstore = 'out'"), lines{"3:1 P0215 unknown key 'nam'"});
  EXPECT_TRUE(in_header("[[action]").front().contains("P0214"));
}

TEST(RuleLoad, ChecksTemplates) {
  EXPECT_EQ(in_header("[[action]]\npublish = 'out/${a'"), lines{"4:16 P0218 this '${' is never closed"});
  EXPECT_EQ(in_header("[[action]]\npublish = 'out/${nope(a)}'"), lines{"4:18 P0205 unknown function 'nope'"});
  EXPECT_EQ(in_header("[[action]]\npublish = \"out/\\t${nope(a)}\""), lines{"4:11 P0205 unknown function 'nope'"});
  EXPECT_EQ(in_header("[[action]]\npublish = 'out/+'"), lines{"4:12 P0219 'out/+' is not a topic to send to"});
  EXPECT_EQ(in_header("[[action]]\npublish = ''"), lines{"4:12 P0219 '' is not a topic to send to"});
  EXPECT_EQ(in_header("[[action]]\nalarm = 'x'\nkey = 'topic(2) 3'"),
            lines{"5:17 P0203 expected the end of the expression, found '3'"});
}

TEST(RuleLoad, RefusesARuleThatFeedsItself) {
  const auto store = [](std::string_view select) {
    return problems_of(std::format("/*\nname = \"r\"\n[[action]]\nstore = \"in/${{topic(2)}}/out\"\n*/\n{}", select));
  };
  EXPECT_EQ(store("SELECT a FROM 'x', 'in/#'"),
            lines{"4:10 P0223 the rule would feed itself: 'in/${topic(2)}/out' is covered by its FROM 'in/#'"});
  EXPECT_TRUE(store("SELECT a FROM 'in/+'").empty());
  EXPECT_TRUE(store("SELECT a FROM 'in/#' WHERE topic(3) <> 'out'").empty());
}

TEST(RuleLoad, TwoRulesOfOneNameAreRefused) {
  const std::string text = std::string(header) + "SELECT a FROM 'in'";
  const auto set = rule_set::load(std::vector<rule_source>{{"a.rule.sql", text}, {"b.rule.sql", text}});
  ASSERT_FALSE(set);
  ASSERT_EQ(set.error().size(), 1U);
  EXPECT_EQ(set.error().front().code, "P0220");
  EXPECT_EQ(set.error().front().file, "b.rule.sql");
}

TEST(RuleLoad, IsBounded) {
  const auto many = [](std::size_t n, std::string_view one, std::string_view between) {
    std::string out(one);
    for (std::size_t i = 1; i < n; ++i) out.append(between).append(one);
    return out;
  };
  const auto deep = limits::rule_depth_max + 1;
  const auto has = [](const lines& all) { return !all.empty() && all.front().contains("P0212"); };
  EXPECT_TRUE(has(in_select("SELECT " + std::string(deep, '(') + "1" + std::string(deep, ')') + " AS x FROM 'in'")));
  EXPECT_TRUE(has(in_select("SELECT " + many(deep, "-", " ") + " 1 AS x FROM 'in'")));
  EXPECT_TRUE(has(in_select("SELECT a FROM 'in' WHERE " + many(deep, "NOT", " ") + " a")));
  EXPECT_TRUE(has(in_select("SELECT " + many(limits::rule_nodes_max, "1", "+") + " AS x FROM 'in'")));
  EXPECT_TRUE(has(in_select("SELECT a FROM " + many(limits::rule_filters_max + 1, "'in'", ","))));
  EXPECT_TRUE(has(in_header(many(limits::rule_actions_max + 1, "[[action]]\nstore = 'out'", "\n"))));
  EXPECT_TRUE(has(in_select(std::string(limits::rule_file_bytes_max, ' '))));
  EXPECT_EQ(in_select("SELECT " + many(500, "?", ",") + " FROM 'in'").size(), limits::rule_errors_max);
  EXPECT_EQ(problems_of(std::string("a\0b", 3)), lines{"1:2 P0200 the file is not a text"});
}

}  // namespace
}  // namespace perigee::rules

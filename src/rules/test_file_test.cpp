#include "rules/test_file.hpp"

#include <gtest/gtest.h>

#include <format>

namespace perigee::rules {
namespace {

const std::vector<rule_source> rules{{"hot.rule.sql", R"(/*
[[action]]
publish = "cmd/${topic(2)}"
[[action]]
alarm = "hot"
*/
SELECT t, timestamp() AS at FROM 'm/+' WHERE t > 85)"}};

std::expected<std::vector<test_outcome>, diagnostics> run(std::string text) {
  return run_tests({"hot.test.toml", std::move(text)}, rules);
}

TEST(TestFile, PassesWhereAllActionsAreAsExpected) {
  const auto out = run(R"([[test]]
name = "hot, then cool"
[[test.input]]
topic = "m/7"
payload = '{"t":90}'
at = 1970-01-01T01:00:00.5+01:00
[[test.input]]
topic = "m/7"
payload = '{"t":20}'
[[test.expect]]
publish = "cmd/7"
payload = '{"t":90,"at":500}'
[[test.expect]]
alarm = "hot"
state = "raised"
key = ""
[[test.expect]]
alarm = "hot"
state = "cleared"
)");
  ASSERT_TRUE(out) << render_all(out.error());
  ASSERT_EQ(out->size(), 1U);
  EXPECT_TRUE(out->front().passed) << out->front().text;
  EXPECT_EQ(out->front().name, "hot, then cool");
}

TEST(TestFile, TimeEndsWindows) {
  const std::vector<rule_source> windows{{"w.rule.sql",
                                          "/*\n[[action]]\nstore = \"sums\"\n*/\n"
                                          "SELECT sum(t) AS s FROM 'm/+' GROUP BY TUMBLINGWINDOW(ss, 10)"}};
  const std::string inputs = R"(
[[test.input]]
topic = "m/7"
payload = '{"t":1}'
at = 2026-11-22T10:00:01Z
[[test.input]]
topic = "m/8"
payload = '{"t":2}'
at = 2026-11-22T10:00:09Z
)";
  const std::string expected = "[[test.expect]]\nstore = \"sums\"\npayload = '{\"s\":3}'\n";
  const auto ended = run_tests({"w.test.toml", "[[test]]\nuntil = 2026-11-22T10:00:10Z" + inputs + expected}, windows);
  ASSERT_TRUE(ended) << render_all(ended.error());
  EXPECT_TRUE(ended->front().passed) << ended->front().text;
  const auto waits = run_tests({"w.test.toml", "[[test]]\nuntil = 2026-11-22T10:00:09.9Z" + inputs}, windows);
  ASSERT_TRUE(waits);
  EXPECT_TRUE(waits->front().passed) << waits->front().text;
  EXPECT_FALSE(run_tests({"w.test.toml", "[[test]]\nuntil = 7" + inputs}, windows));
}

TEST(TestFile, ShowsWhatCameWhereItFails) {
  const auto out = run(R"([[test]]
[[test.input]]
topic = "m/7"
payload = '{"t":90}'
[[test.expect]]
publish = "cmd/8"
)");
  ASSERT_TRUE(out) << render_all(out.error());
  EXPECT_FALSE(out->front().passed);
  EXPECT_EQ(out->front().text,
            "  expected:\n    publish cmd/8 (any payload)\n"
            "  came:\n    publish cmd/7 {\"t\":90,\"at\":0}\n    alarm hot raised, key ''\n");
}

TEST(TestFile, EachTestBeginsAnew) {
  const std::string one =
      "[[test]]\n[[test.input]]\ntopic = 'm/7'\npayload = '{\"t\":90}'\n"
      "[[test.expect]]\npublish = 'cmd/7'\n[[test.expect]]\nalarm = 'hot'\nstate = 'raised'\n";
  const auto out = run(one + one);
  ASSERT_TRUE(out) << render_all(out.error());
  EXPECT_TRUE(out->at(0).passed && out->at(1).passed);
  EXPECT_EQ(out->at(1).name, "test 2");
}

TEST(TestFile, SaysEverythingThatIsWrongWithIt) {
  const auto out = run(R"([[test]]
nme = "x"
[[test.input]]
topic = "m/+"
payload = 5
at = "noon"
[[test.expect]]
publish = "a"
alarm = "b"
state = "high"
[[test]]
)");
  ASSERT_FALSE(out);
  std::vector<std::string> messages;
  for (const auto& d : out.error()) messages.push_back(d.message);
  EXPECT_EQ(messages, (std::vector<std::string>{"unknown key 'nme'", "'payload' is a string",
                                                "an input needs a topic without wildcards",
                                                "'at' is a time such as 2026-11-22T10:00:00Z",
                                                "an expectation names one of publish, store, alarm, webhook and email",
                                                "'state' is raised or cleared", "this test has no [[test.input]]"}));
  EXPECT_FALSE(run("[[test]"));
}

TEST(TestFile, SaysWhyARuleTookNothing) {
  const auto out = run_tests(
      {"t", "[[test]]\n[[test.input]]\ntopic = 'a'\npayload = '{\"ts\":1767592800}'\n[[test.expect]]\nstore = 'b'"},
      std::vector<rule_source>{{"r.rule.sql",
                                "/*\nname = \"r\"\ntime = \"ts\"\n[[action]]\nstore = \"b\"\n*/\n"
                                "SELECT ts FROM 'a' WHERE ts > 0 FOR 1 SECONDS"}});
  ASSERT_TRUE(out);
  ASSERT_FALSE(out->front().passed);
  EXPECT_NE(out->front().text.find("r failed on an input: it says no time, or one that is far ahead"),
            std::string::npos)
      << out->front().text;
}

TEST(TestFile, NeedsRulesThatLoad) {
  const auto out = run_tests({"t", "[[test]]\n[[test.input]]\ntopic = 'a'"}, std::vector<rule_source>{{"r", "SELECT"}});
  EXPECT_FALSE(out);
}

TEST(TestFile, SaysWhichConditionsWereNeverTrueOrNeverFalse) {
  const std::vector<rule_source> two{
      {"a.rule.sql",
       "/*\n[[action]]\nstore = \"out\"\n*/\n"
       "SELECT CASE WHEN t > 100 THEN 'hot' ELSE 'warm' END AS how FROM 'm/+'\nWHERE t > 85 AND (running OR NOT idle)"},
      {"b.rule.sql",
       "/*\n[[action]]\nstore = \"n\"\n*/\n"
       "SELECT count(*) AS n FROM 'm/+' GROUP BY COUNTWINDOW(2) FILTER (WHERE t > 0) HAVING count(*) > 1"}};
  const rule_source tests{"a.test.toml", R"([[test]]
[[test.input]]
topic = "m/7"
payload = '{"t":90,"running":true}'
[[test.expect]]
store = "out"
[[test]]
[[test.input]]
topic = "m/7"
payload = '{"t":20}'
[[test.input]]
topic = "m/7"
payload = '{"t":90}'
[[test.expect]]
store = "n"
)"};
  std::vector<condition_counts> counts;
  const auto out = run_tests(tests, two, no_table_files{}, &counts);
  ASSERT_TRUE(out);
  EXPECT_TRUE(out->at(0).passed && out->at(1).passed);
  std::vector<std::string> lines;
  for (const auto& c : counts) {
    lines.push_back(std::format("{}:{}:{} {} {}/{}/{}", c.file, c.line, c.column, c.text, c.trues, c.falses, c.nulls));
  }
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "a.rule.sql:6:7 t > 85 2/1/0", "a.rule.sql:6:19 running 1/0/1", "a.rule.sql:6:30 NOT idle 0/0/1",
                       "a.rule.sql:6:7 WHERE t > 85 AND (running OR NOT idle) 1/1/1", "a.rule.sql:5:18 t > 100 0/1/0",
                       "b.rule.sql:5:71 FILTER t > 0 3/0/0", "b.rule.sql:5:85 HAVING count(*) > 1 1/0/0"}));
  EXPECT_TRUE(rule_set::load(two)->conditions().empty());
}

}  // namespace
}  // namespace perigee::rules

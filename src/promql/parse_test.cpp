#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "promql/fixture_test.hpp"

namespace perigee::promql {
namespace {

struct refusal {
  const char* text;
  const char* why;
};

TEST(promql_parse, says_what_is_wrong_and_where) {
  const refusal table[] = {
      {"", "1:1: parse error: no expression found in input"},
      {"sum(", "1:5: parse error: unexpected end of input in query, expected an operand"},
      {"up +", "1:5: parse error: unexpected end of input in query, expected an operand"},
      {"up up", "1:4: parse error: unexpected \"up\" in query, expected an operator or the end"},
      {"up\n + (1", "2:6: parse error: unexpected end of input in paren expression, expected \")\""},
      {"rate(up)", "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector"},
      {"rate()", "1:1: parse error: expected 1 argument(s) in call to \"rate\", got 0"},
      {"round(up, 1, 2)", "1:1: parse error: expected at most 2 argument(s) in call to \"round\", got 3"},
      {"holt_winters(up[5m], 1, 1)", "1:1: parse error: unknown or unsupported function \"holt_winters\""},
      {"{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
      {"{a=~\".*\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
      {"up{a=1}", "1:6: parse error: unexpected \"1\" in label matching, expected a quoted text"},
      {"up{a~\"x\"}", "1:5: parse error: unexpected character: '~'"},
      {"up{a=~\"(\"}", "1:7: parse error: error parsing regexp: missing ): ("},
      {"up{__name__=\"x\"}", "1:1: parse error: metric name must not be set twice: \"up\""},
      {"up{a=\"x}", "1:6: parse error: unterminated quoted string"},
      {"1 == 1", "1:3: parse error: comparisons between scalars must use BOOL modifier"},
      {"1 + bool 1", "1:5: parse error: bool modifier can only be used on comparison operators"},
      {"1 and up", "1:3: parse error: set operator not allowed in binary scalar expression"},
      {"up[5m] + 1", "1:1: parse error: binary expression must contain only scalar and instant vector types"},
      {"-up[5m]",
       "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, "
       "got \"range vector\""},
      {"sum(1)", "1:5: parse error: expected type instant vector in aggregation expression, got scalar"},
      {"topk(up)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"},
      {"up[0s]", "1:4: parse error: duration must be greater than 0"},
      {"up[5x]", "1:4: parse error: bad number or duration syntax: \"5x\""},
      {"(up)[5m][5m]",
       "1:9: parse error: ranges only allowed for vector selectors; of an expression write [5m:] or "
       "[5m:15s]"},
      {"1[5m:]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"},
      {"sum(up) offset 5m", "1:9: parse error: offset modifier must be preceded by a selector or a subquery"},
      {"up offset 1m offset 2m", "1:14: parse error: offset and @ may each be set once"},
      {"a + on(x) group_left(x) b", "1:11: parse error: label \"x\" must not occur in ON and GROUP clause at once"},
      {"a and on(x) group_left b", "1:13: parse error: no grouping allowed for set operations"},
      {"1 + on(x) a", "1:3: parse error: vector matching only allowed between instant vectors"},
      {"\"\\q\"", "1:1: parse error: unknown escape sequence"},
      {"up \x01", "1:4: parse error: unexpected byte 0x01"},
  };
  for (const auto& [text, why] : table) {
    const auto made = query::parse(text);
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().message, why) << text;
    EXPECT_EQ(made.error().what, fault::kind::bad_data) << text;
  }
}

TEST(promql_parse, binds_operators_as_documented) {
  memory_source none;
  EXPECT_EQ(ask(none, "1 + 2 * 3 ^ 2 ^ 0", 0), "7");
  EXPECT_EQ(ask(none, "-2 ^ 2", 0), "-4");
  EXPECT_EQ(ask(none, "(1 + 2) * 3 % 5", 0), "4");
  EXPECT_EQ(ask(none, "8 - 4 - 2", 0), "2");
  EXPECT_EQ(ask(none, "2 * -3 + 0x1F + 1e3 + .5", 0), "1025.5");
  EXPECT_EQ(ask(none, "1 < bool 2 == BOOL 1", 0), "1");
  EXPECT_EQ(ask(none, "Inf - 1 # to the end", 0), "+Inf");
  EXPECT_EQ(ask(none, "nan", 0), "NaN");
  EXPECT_EQ(ask(none, "1h30m", 0), "5400");
  EXPECT_EQ(ask(none, R"("a\tb\x41\101\u00e9")", 0), "a\tbAA\u00e9");
  EXPECT_EQ(ask(none, "`a\\t`", 0), "a\\t");
}

TEST(promql_parse, bounds_size_and_depth) {
  EXPECT_FALSE(query::parse(std::string(limits::promql_query_bytes_max + 1, ' ')));
  for (const auto* piece : {"(", "-", "1+", "1^", "sum(", "abs("}) {
    std::string deep;
    while (deep.size() < 8000) deep += piece;
    const auto made = query::parse(deep + "1");
    ASSERT_FALSE(made) << piece;
    EXPECT_NE(made.error().message.find("nested over 256 levels deep"), std::string::npos) << made.error().message;
  }
  EXPECT_TRUE(query::parse(std::string(100, '(') + "1" + std::string(100, ')')));
}

TEST(promql_parse, selectors_and_durations_stand_alone) {
  const auto some = parse_selector(R"(up{job=~"a|b", x!=""})");
  ASSERT_TRUE(some) << some.error().message;
  EXPECT_EQ(some->size(), 3U);
  EXPECT_TRUE(parse_selector(R"({"a.b", "c d"="e"})"));
  EXPECT_FALSE(parse_selector("up[5m]"));
  EXPECT_FALSE(parse_selector("1"));
  EXPECT_EQ(parse_duration("1h30m"), 5'400'000);
  EXPECT_EQ(parse_duration("15ms"), 15);
  for (const auto* wrong : {"", "5", "m", "5m1h", "5m5m", "0s", "-5m", "5 m"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(promql_parse, writes_values_as_prometheus_does) {
  EXPECT_EQ(to_text(0.1), "0.1");
  EXPECT_EQ(to_text(1e20), "100000000000000000000");
  EXPECT_EQ(to_text(1.5e21), "1.5e+21");
  EXPECT_EQ(to_text(2e-9), "2e-09");
  EXPECT_EQ(to_text(-0.0), "-0");
}

}  // namespace
}  // namespace perigee::promql

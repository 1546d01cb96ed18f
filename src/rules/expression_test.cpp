// What expressions give: paths, functions, and what they make of bad values. Examples of AWS IoT are their documents'.

#include <gtest/gtest.h>

#include <format>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "rules/detail/analytic.hpp"
#include "rules/detail/functions.hpp"
#include "rules/recorder_test.hpp"
#include "rules/rule_set.hpp"

namespace perigee::rules {
namespace {

using testing::recorder;

struct answer {
  std::string text;  // of the column, as JSON
  std::uint64_t errors = 0;
};

answer ask(std::string_view expression, std::string_view payload) {
  const auto rule = std::format("/*\n[[action]]\nstore = \"out\"\n*/\nSELECT {} AS x FROM 'a/#'", expression);
  auto set = rule_set::load(std::vector<rule_source>{{"r.rule.sql", rule}});
  if (!set) {
    ADD_FAILURE() << render_all(set.error());
    return {};
  }
  recorder out;
  set->apply({"a/b", as_bytes(payload), timestamp{1'700'000'000'123'456'789}, log_offset(7), "pump-7"}, out);
  constexpr std::string_view before = R"(store out {"x":)";
  if (out.lines.size() != 1 || !out.lines[0].starts_with(before)) return {"nothing stored", set->stats(0).errors};
  return {out.lines[0].substr(before.size(), out.lines[0].size() - before.size() - 1), set->stats(0).errors};
}

/// Of what can be computed: no error is counted.
std::string select(std::string_view expression, std::string_view payload = "{}") {
  const auto [text, errors] = ask(expression, payload);
  EXPECT_EQ(errors, 0U) << expression;
  return text;
}

/// Of what cannot: NULL, and counted.
bool is_counted_null(std::string_view expression, std::string_view payload = "{}") {
  const auto [text, errors] = ask(expression, payload);
  return text == "null" && errors == 1;
}

std::vector<std::string> problems_of(std::string_view expression, std::string_view header = "") {
  const auto rule =
      std::format("/*\n[[action]]\nstore = \"out\"\n{}\n*/\nSELECT {} AS x FROM 'a/#'", header, expression);
  std::vector<std::string> out;
  const auto set = rule_set::load(std::vector<rule_source>{{"r.rule.sql", rule}});
  if (set) return out;
  for (const auto& d : set.error()) out.push_back(std::format("{}:{} {} {}", d.line, d.column, d.code, d.message));
  return out;
}
using lines = std::vector<std::string>;

TEST(Expression, PathsGoThroughArrays) {
  constexpr std::string_view payload = R"({"a":{"b":[{"c":1},{"c":[10,20.50,{"d":"x"}]}]},"n":1,"list":[[1,2],[3]]})";
  EXPECT_EQ(select("a.b[0].c", payload), "1");
  EXPECT_EQ(select("a.b[1].c[1]", payload), "20.50");
  EXPECT_EQ(select("a.b[1].c[2].d", payload), R"("x")");
  EXPECT_EQ(select("a->b[1]->c", payload), R"([10,20.50,{"d":"x"}])");
  EXPECT_EQ(select("a.b[7].c", payload), "null");
  EXPECT_EQ(select("a.b[0].c[0]", payload), "null");
  EXPECT_EQ(select("list[n]", payload), "[3]");
  EXPECT_EQ(select("list[n - 1][1]", payload), "2");
  EXPECT_EQ(select("list[0 - 1]", payload), "null");
  EXPECT_EQ(select("value[1]", "[1, 2]"), "2");
  EXPECT_EQ(select("[list, list[0], list[0][1]]", payload), "[[[1,2],[3]],[1,2],2]");
}

TEST(Expression, GetLooksIntoArraysObjectsAndTexts) {
  EXPECT_EQ(select("get([\"a\", 'b', 'c'], 1)", R"({"a":1})"), R"("b")");
  EXPECT_EQ(select("get({'a': 'b'}, 'a')"), R"("b")");
  EXPECT_EQ(select("get('grün', 2)"), R"("ü")");
  EXPECT_EQ(select("get('abc', 3)"), "null");
  EXPECT_EQ(select("get(o, 'say \"x\"')", R"({"o":{"say \"x\"":[true]}})"), "[true]");
  EXPECT_EQ(select("get(o, 'text')", R"({"o":{"text":"two\nlines \u00e4"}})"), "\"two\\nlines ä\"");
  EXPECT_EQ(select("cardinality([1, [2, 3]])"), "2");
  EXPECT_TRUE(is_counted_null("get(5, 1)"));
  EXPECT_TRUE(is_counted_null("cardinality({'a': 1})"));
}

TEST(Expression, WritesListsAndObjects) {
  EXPECT_EQ(select("{'id': m, \"t\": [t, t * 2], nested: {'x': null}}", R"({"m":"a\"b","t":1.50})"),
            R"({"id":"a\"b","t":[1.50,3],"nested":{"x":null}})");
  EXPECT_EQ(select("[]"), "[]");
  EXPECT_EQ(select("m IN [1, 'x', NULL]", R"({"m":"x"})"), "true");
  EXPECT_EQ(select("m IN [1, NULL]", R"({"m":"x"})"), "null");
  EXPECT_EQ(select("m NOT IN allowed", R"({"m":3,"allowed":[1,2,"3"]})"), "true");
  EXPECT_TRUE(is_counted_null("1 IN m", R"({"m":1})"));
  EXPECT_EQ(problems_of(std::format("[{}a]",
                                    [] {
                                      std::string many;
                                      for (int i = 0; i < 64; ++i) many += "1, ";
                                      return many;
                                    }()))
                .at(0),
            "6:8 P0212 more than 64 elements in a list that is not constant");
}

TEST(Expression, WhatFailsCanBeAnswered) {
  EXPECT_EQ(select("a / b DEFAULT 0 > 5", R"({"a":1,"b":0})"), "false");
  EXPECT_EQ(select("missing DEFAULT 7"), "7");
  EXPECT_EQ(select("1 + missing DEFAULT 7"), "7");
  EXPECT_EQ(select("a DEFAULT b DEFAULT 3", R"({"b":2})"), "2");
  EXPECT_EQ(select("TRY(cast('x' AS number))"), "null");
  EXPECT_EQ(select("TRY(1 + 1) + 1"), "3");
  EXPECT_EQ(select("try DEFAULT 1", R"({"try":5})"), "5");
  EXPECT_TRUE(is_counted_null("1 / 0 DEFAULT 1 / 0"));
  EXPECT_EQ(select("isnull(a) AND isundefined(b)", R"({"a":null})"), "true");
  EXPECT_EQ(select("nanvl(a, 3)", R"({"a":8})"), "8");
}

TEST(Expression, CastsAsAwsDoes) {
  EXPECT_EQ(select("cast(true AS Int)"), "1");
  EXPECT_EQ(select("cast(-1.5 AS Integer)"), "-2");
  EXPECT_EQ(select("cast('5E-1' AS Decimal)"), "0.5");
  EXPECT_EQ(select("cast(2.50 AS String)", "{}"), R"("2.5")");
  EXPECT_EQ(select("cast('TRUE' AS Boolean)"), "true");
  EXPECT_EQ(select("cast(a AS nvarchar)", R"({"a":[1, "x"]})"), R"("[1, \"x\"]")");
  EXPECT_TRUE(is_counted_null("cast('1.5x' AS int)"));
}

TEST(Expression, ComputesWithNumbers) {
  EXPECT_EQ(select("mod(8, 3) + remainder(-8, 3) + sign(-7)"), "-1");
  EXPECT_EQ(select("ln(exp(2))"), "2");
  EXPECT_EQ(select("log(100) + log(2, 8)"), "5");
  EXPECT_EQ(select("round(atan2(1, 0), 6)"), "1.570796");
  EXPECT_EQ(select("round(sinh(2.3) + cosh(2.3) + tanh(2.3), 6)"), "10.954279");
  EXPECT_EQ(select("round(degrees(acos(0)) + degrees(asin(1)) + sin(0) + cos(0) + tan(0) + atan(0), 9)"), "181");
  EXPECT_EQ(select("trunc(-1.57, 1)"), "-1.5");
  EXPECT_EQ(select("[bitand(13, 5), bitor(8, 5), bitxor(13, 5), bitnot(13)]"), "[5,13,8,-14]");
  EXPECT_EQ(select("least(3, 1) + greatest(3, 4) + radians(0)"), "5");
  EXPECT_TRUE(is_counted_null("acos(2)"));
  EXPECT_TRUE(is_counted_null("ln(0)"));
  EXPECT_TRUE(is_counted_null("mod(1, 0)"));
  EXPECT_TRUE(is_counted_null("bitand(1e300, 1)"));
}

TEST(Expression, WorksOnTextsAsAwsDoes) {
  EXPECT_EQ(select("substring('012345', 2)"), R"("2345")");
  EXPECT_EQ(select("substring('012345', 2.745)"), R"("2345")");
  EXPECT_EQ(select("substring('012345', -50, 50)"), R"("012345")");
  EXPECT_EQ(select("substring('012345', 3, 1)"), R"("")");
  EXPECT_EQ(select("substring('grünes', 2, 4)"), R"("ün")");
  EXPECT_EQ(select("indexof('abcd', 'bc') + indexof('ab', 'x')"), "0");
  EXPECT_EQ(select("replace('abcdabcd', 'b', 'x')"), R"("axcdaxcd")");
  EXPECT_EQ(select("startswith('ranger', 'ran') AND endswith('cat', 'at')"), "true");
  EXPECT_EQ(select("[trim(a), ltrim(a), rtrim(a)]", R"({"a":" h i "})"), R"(["h i","h i "," h i"])");
  EXPECT_EQ(select("lpad('hello', 2) || rpad('|', 3)"), R"("  hello|   ")");
  EXPECT_EQ(select("length(rpad('', 5000))"), "1000");
  EXPECT_EQ(select("numbytes('€') + length('€')"), "4");
  EXPECT_EQ(select("chr(65) || chr(49)"), R"("A1")");
  EXPECT_EQ(select("split('a,b,,c', ',')[1]"), R"("b")");
  EXPECT_EQ(select("split('a,b,,c', ',')"), R"(["a","b","","c"])");
  EXPECT_EQ(select("split_value('/test/device001/message', '/', 2)"), R"("device001")");
  EXPECT_EQ(select("split_value('a', '/', 1)"), "null");
  EXPECT_TRUE(is_counted_null("chr(300)"));
  EXPECT_TRUE(is_counted_null("split('a', '')"));
}

TEST(Expression, MatchesRegularExpressions) {
  EXPECT_EQ(select("regexp_matches('aaaa', 'a{2,}')"), "true");
  EXPECT_EQ(select("regexp_matches('aaaa', 'b')"), "false");
  EXPECT_EQ(select("regexp_replace('abcd', 'b(.*)d', '$1')"), R"("ac")");
  EXPECT_EQ(select("regexp_replace('a1b22', '[0-9]+', '<$0>')"), R"("a<1>b<22>")");
  EXPECT_EQ(select("regexp_replace('ab', 'x*', '-')"), R"("-a-b-")");
  EXPECT_EQ(select("regexp_substr('hihihello', '(hi)*')"), R"("hihi")");
  EXPECT_EQ(select("regexp_substring('hello', 'x+')"), "null");
  EXPECT_EQ(problems_of("regexp_matches(a, '(')").at(0), "6:8 P0226 not a regular expression: missing ): (");
  EXPECT_EQ(problems_of("regexp_matches(a, b)"), lines{"6:26 P0225 'regexp_matches' needs a constant text here"});
  EXPECT_EQ(problems_of(std::format("regexp_matches(a, '{}')", std::string(1100, 'x'))).at(0),
            "6:8 P0226 a regular expression has at most 1024 bytes");
}

TEST(Expression, ReadsAndWritesTimesByPattern) {
  EXPECT_EQ(select("parse_time('yyyy.MM.dd G ''at'' HH:mm:ss z', 100000000, 'America/Belize')"),
            R"("1970.01.01 AD at 21:46:40 CST")");
  EXPECT_EQ(select("parse_time('yyyy', timestamp())"), R"("2023")");
  EXPECT_EQ(select("parse_time('EEE, d MMMM yy h:mm a SSS D', 1700000000123)"),
            R"("Tue, 14 November 23 10:13 PM 123 318")");
  EXPECT_EQ(select("parse_time('yyyy-MM-dd''T''HH:mm:ssXXX', 1700000000123, 'Europe/Berlin')"),
            R"("2023-11-14T23:13:20+01:00")");
  EXPECT_EQ(select("time_to_epoch('2020-04-03 09:45:18 UTC+01:00', 'yyyy-MM-dd HH:mm:ss VV')"), "1585903518000");
  EXPECT_EQ(select("time_to_epoch('18 December 2015', 'dd MMMM yyyy')"), "1450396800000");
  EXPECT_EQ(select("time_to_epoch('2007-12-03 10:15:30.592 America/Los_Angeles', 'yyyy-MM-dd HH:mm:ss.SSS z')"),
            "1196705730592");
  EXPECT_EQ(select("time_to_epoch('1:05 PM', 'h:mm a')"), "47100000");
  EXPECT_EQ(select("from_iso8601(to_iso8601(1700000000123))"), "1700000000123");
  EXPECT_TRUE(is_counted_null("time_to_epoch('2015-02-30', 'yyyy-MM-dd')"));
  EXPECT_TRUE(is_counted_null("time_to_epoch('2015-02-03x', 'yyyy-MM-dd')"));
  EXPECT_TRUE(is_counted_null("time_to_epoch('1 Nowhere/City', 'd z')"));
  EXPECT_TRUE(is_counted_null("parse_time('yyyy', 1e300)"));
  EXPECT_TRUE(is_counted_null("to_iso8601(2e14)"));
  EXPECT_EQ(problems_of("parse_time('qq', 1)"), lines{"6:8 P0226 'q' means nothing in a time pattern"});
  EXPECT_EQ(problems_of("parse_time('''a', 1)"), lines{"6:8 P0226 a quoted part of the time pattern never ends"});
  EXPECT_EQ(problems_of("parse_time('yyyy', 1, 'Mars/Base')"), lines{"6:8 P0226 no time zone 'Mars/Base' is known"});
}

TEST(Expression, HashesAndEncodes) {
  EXPECT_EQ(select("md5('hello')"), R"("5d41402abc4b2a76b9719d911017c592")");
  EXPECT_EQ(select("sha1('')"), R"("da39a3ee5e6b4b0d3255bfef95601890afd80709")");
  EXPECT_EQ(select("[length(sha224('')), length(sha256('')), length(sha384('')), length(sha512(''))]"),
            "[56,64,96,128]");
  EXPECT_EQ(select("crc32('123456789')"), R"("cbf43926")");
  EXPECT_EQ(select("encode('hello', 'base64')"), R"("aGVsbG8=")");
  EXPECT_EQ(select("encode(a, 'base64')", R"({"a":[1]})"), R"("WzFd")");
  EXPECT_EQ(select("decode('eyAidGVtcGVyYXR1cmUiOiAzMyB9Cg==', 'base64').temperature"), "33");
  EXPECT_EQ(select("decode('aGVsbG8=', 'base64')"), R"("hello")");
  EXPECT_TRUE(is_counted_null("decode('a?', 'base64')"));
  EXPECT_EQ(problems_of("encode(a, 'hex')"), lines{"6:8 P0226 the only encoding is 'base64'"});
}

TEST(Expression, TakesAConstantInDoubleQuotesAsAwsWritesIt) {
  EXPECT_EQ(select("parse_time(\"yyyy.MM.dd G 'at' HH:mm:ss z\", 100000000, \"America/Belize\")"),
            R"("1970.01.01 AD at 21:46:40 CST")");
  EXPECT_EQ(select("decode(t, \"base64\").temperature", R"({"t":"eyAidGVtcGVyYXR1cmUiOiAzMyB9Cg=="})"), "33");
  EXPECT_EQ(select("regexp_matches(\"a\", \"b+\")", R"({"a":"abb","b+":1})"), "true") << "the first is a field";
  EXPECT_EQ(problems_of("decode(a, base64)"), lines{"6:18 P0225 'decode' needs a constant text here"});
}

TEST(Expression, KnowsPlaces) {
  EXPECT_EQ(select("round(distance(52.5200, 13.4050, 48.8566, 2.3522) / 1000)"), "877");
  EXPECT_EQ(select("distance(1, 2, 1, 2)"), "0");
  constexpr std::string_view square = "[[0, 0], [0, 10], [10, 10], [10, 0]]";
  EXPECT_EQ(select(std::format("in_polygon(5, 5, {})", square)), "true");
  EXPECT_EQ(select(std::format("in_polygon(5, 11, {})", square)), "false");
  EXPECT_EQ(select("in_polygon(5, 5, fence)", R"({"fence":[[0,0],[0,10],[4,5],[10,10],[10,0]]})"), "true");
  EXPECT_EQ(select("in_polygon(5, 8, fence)", R"({"fence":[[0,0],[0,10],[4,5],[10,10],[10,0]]})"), "false");
  EXPECT_TRUE(is_counted_null("distance(91, 0, 0, 0)"));
  for (const auto* bad : {"[[0,0],[1,1]]", "[0,1]", "[[0,0],[1,1],[2]]", "[[0,0],[1,1],[2,2],3]", "[]", "7"}) {
    EXPECT_TRUE(is_counted_null("in_polygon(5, 5, get(o, 'f'))", std::format(R"({{"o":{{"f":{}}}}})", bad))) << bad;
  }
}

TEST(Expression, KnowsTheMessage) {
  EXPECT_EQ(select("clientid() || ' ' || topic(2)"), R"("pump-7 b")");
  EXPECT_EQ(select("timestamp()"), "1700000000123");
  const auto uuid = select("newuuid()");
  EXPECT_EQ(select("newuuid() = newuuid()"), "true");
  EXPECT_EQ(uuid, select("newuuid()"));
  EXPECT_NE(uuid, select("newuuid()", R"({"a":1})"));
  ASSERT_EQ(uuid.size(), 38U);
  EXPECT_EQ(uuid[15], '8');
}

TEST(Expression, ADeclaredSchemaFindsSlipsOfThePen) {
  constexpr std::string_view fields =
      "[fields]\ntemperature = \"number\"\n\"state.running\" = \"boolean\"\nraw = \"any\"";
  EXPECT_TRUE(problems_of("temperature + 1", fields).empty());
  EXPECT_TRUE(problems_of("raw.deep[3].x", fields).empty());
  const auto rule = std::format("/*\n[[action]]\nstore = \"out\"\n{}\n*/\nSELECT temprature AS x FROM 'a/#'", fields);
  const auto set = rule_set::load(std::vector<rule_source>{{"r.rule.sql", rule}});
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error()[0].code, "P0224");
  EXPECT_EQ(set.error()[0].help, "did you mean 'temperature'?");
  EXPECT_EQ(problems_of("state.running + 1", fields), lines{"9:8 P0207 '+' needs a number, and this is true or false"});
  EXPECT_EQ(problems_of("1", "[fields]\nt = \"nubmer\"").at(0),
            "5:6 P0216 a field is a number, boolean, text or any, with '?' where it may be missing");
  EXPECT_EQ(problems_of("1", "[fields]\nt = 5").at(0), "5:5 P0216 't' is a string");
}

TEST(Expression, EveryFunctionSaysNullOfNullAndNothingOfNonsense) {
  for (const auto& group : detail::function_groups()) {
    for (const auto& f : group.functions) {
      if (f.scope == detail::function_scope::window) continue;
      std::string call(f.name);
      call += '(';
      for (std::size_t i = 0; i < f.arguments_min; ++i) {
        if (i != 0) call += ", ";
        call += !f.is_constant(i) ? "v" : f.name == "encode" || f.name == "decode" ? "'base64'" : "'d'";
      }
      call += ')';
      for (const auto* nonsense : {"null", "1e308", "-1", "0.5", "\"\"", "\"\xc3\xa4\"", "true", "[1]", R"({"a":1})"}) {
        const auto came = ask(call, std::format(R"({{"v":{}}})", nonsense));
        EXPECT_NE(came.text, "nothing stored") << call << " of " << nonsense;
        if (std::string_view(nonsense) == "null" && !f.sees_null && f.arguments_min != 0) {
          EXPECT_EQ(came.text, "null") << call;
          EXPECT_EQ(came.errors, 0U) << call;
        }
      }
    }
  }
}

/// docs/rules-functions.md is this table; where they differ the test says what it should hold.
TEST(Expression, TheDocumentOfTheFunctionsIsTheTable) {
  std::string wanted;
  for (const auto& group : detail::function_groups()) {
    wanted += std::format("## {}\n\n| call | gives |\n|---|---|\n", group.title);
    for (const auto& f : group.functions) wanted += std::format("| `{}` | {} |\n", f.usage, f.summary);
    wanted += '\n';
  }
  wanted += "## Aggregates of a window\n\n| call | gives |\n|---|---|\n";
  for (const auto& f : detail::aggregate_functions()) wanted += std::format("| `{}` | {} |\n", f.usage, f.summary);
  wanted += "\n## What was before\n\n| call | gives |\n|---|---|\n";
  for (const auto& f : detail::analytic_functions()) wanted += std::format("| `{}` | {} |\n", f.usage, f.summary);
  std::ifstream file("docs/rules-functions.md");
  const std::string is{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(is.find(wanted), std::string::npos) << wanted;
}

TEST(Expression, WithFieldsWhatMayHaveNoValueIsProvidedFor) {
  constexpr std::string_view fields = "[fields]\nt = \"number\"\nh = \"number?\"\nword = \"text\"\nstate = \"any?\"";
  const auto good = [&](std::string_view expression) { return problems_of(expression, fields).empty(); };
  const auto refused = [&](std::string_view expression) {
    const auto said = problems_of(expression, fields);
    return said.size() == 1 && said[0].contains("P0236");
  };
  EXPECT_TRUE(refused("h + 1") && refused("h > 1") && refused("abs(h)") && refused("state.mode = 'x'"));
  EXPECT_TRUE(good("h") && good("[h, t]") && good("{'h': h}") && good("t + 1"));
  EXPECT_TRUE(good("h + 1 DEFAULT 0") && good("TRY(h + 1)") && good("coalesce(h, 0) + 1") && good("h IS NULL"));
  EXPECT_TRUE(refused("t DEFAULT h + 1"));
  EXPECT_TRUE(good("h IS NOT NULL AND h > 1") && refused("h > 1 AND h IS NOT NULL"));
  EXPECT_TRUE(good("h IS NULL OR h > 1") && refused("h IS NOT NULL OR h > 1"));
  EXPECT_TRUE(good("NOT (h IS NULL OR t > 1) AND h > 1"));
  EXPECT_TRUE(good("CASE WHEN h IS NULL THEN 0 ELSE h + 1 END") &&
              good("CASE WHEN h IS NOT NULL THEN h + 1 ELSE 0 END"));
  EXPECT_TRUE(refused("CASE WHEN h IS NULL THEN h + 1 ELSE 0 END"));
  EXPECT_TRUE(refused("t / t") && refused("t % t") && refused("t / 0"));
  EXPECT_TRUE(good("t / 2") && good("t / t DEFAULT 0") && good("TRY(t / t)"));
  EXPECT_TRUE(refused("cast(word AS number)") && refused("cast(word AS boolean)"));
  EXPECT_TRUE(good("cast(t AS number)") && good("cast(t AS text)") && good("cast(word AS number) DEFAULT 0"));
  EXPECT_TRUE(good("latest(h)") && refused("lag(h / t)"));
  // Without [fields] nothing is demanded.
  EXPECT_TRUE(problems_of("h / t + cast(word AS number)", "").empty());
  const auto where = [&](std::string_view rest) {
    return rule_set::load(std::vector<rule_source>{
        {"r.rule.sql", std::format("/*\n[[action]]\nstore = \"out\"\n{}\n*/\nSELECT {}", fields, rest)}});
  };
  EXPECT_TRUE(where("h + 1 AS x FROM 'a' WHERE h IS NOT NULL AND t > 1"));
  EXPECT_TRUE(where("avg(h) AS x FROM 'a' GROUP BY h, TUMBLINGWINDOW(ss, 1) HAVING avg(h) > 1"));
  EXPECT_FALSE(where("avg(h + 1) AS x FROM 'a' WHERE h > 1 GROUP BY TUMBLINGWINDOW(ss, 1)"));
}

}  // namespace
}  // namespace perigee::rules

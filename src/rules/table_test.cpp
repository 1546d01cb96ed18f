// Tables: [[table]] of a file and of what rules write, and JOIN.

#include <gtest/gtest.h>

#include <format>
#include <map>
#include <string>
#include <vector>

#include "base/rules_limits.hpp"
#include "rules/recorder_test.hpp"
#include "rules/test_file.hpp"

namespace perigee::rules {
namespace {

using testing::recorder;
using lines = std::vector<std::string>;
using folder = std::map<std::string, std::string>;

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t start = 1'764'000'000 * second;

constexpr std::string_view machines_header = R"(/*
[[table]]
name = "machines"
file = "machines.csv"
key = "id"
[[action]]
store = "out"
*/
)";
constexpr std::string_view machines_csv =
    "id,line,limit,critical,note\n7,paint,80,true,\nm8,press,90.5,false,\"two, three\"\n007,press,95,false,x\n";

std::expected<rule_set, diagnostics> load_all(std::vector<rule_source> sources, const folder& files = {}) {
  return rule_set::load(sources, [&](const std::string& path) -> result<std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return fail(errc::not_found, "no such file");
    return found->second;
  });
}

rule_set load(std::vector<rule_source> sources, const folder& files = {}) {
  auto set = load_all(std::move(sources), files);
  if (!set) ADD_FAILURE() << render_all(set.error());
  return set ? std::move(*set) : *rule_set::load({});
}

rule_set with_machines(std::string_view select, std::string_view csv = machines_csv) {
  return load({{"rules/r.rule.sql", std::string(machines_header) + std::string(select)}},
              {{"rules/machines.csv", std::string(csv)}});
}

std::string errors_of(std::string_view text, const folder& files = {}) {
  const auto set = load_all({{"r.rule.sql", std::string(text)}}, files);
  return set ? "" : render_all(set.error());
}

lines apply(rule_set& set, std::string_view topic, std::string_view payload, std::int64_t seconds = 0) {
  recorder out;
  const timestamp at{start + seconds * second};
  set.advance(0, at, out);
  set.apply({topic, as_bytes(payload), at, log_offset(1), {}, at}, out);
  return out.lines;
}

TEST(Table, AMessageIsJoinedWithTheRowOfItsKey) {
  auto set = with_machines(
      "SELECT machines.line, machines.limit - t AS room, machines.note FROM 'm/+' JOIN machines ON machines.id = "
      "topic(2) "
      "WHERE t > machines.limit OR machines.critical");
  EXPECT_EQ(apply(set, "m/7", R"({"t":10})"), lines{R"(store out {"line":"paint","room":70,"note":null})"});
  EXPECT_EQ(apply(set, "m/m8", R"({"t":91})"), lines{R"(store out {"line":"press","room":-0.5,"note":"two, three"})"});
  EXPECT_EQ(apply(set, "m/m8", R"({"t":90})"), lines{});
  // The key is what is written: 007 is no 7.
  EXPECT_EQ(apply(set, "m/007", R"({"t":96})"), lines{R"(store out {"line":"press","room":-1,"note":"x"})"});
  EXPECT_EQ(set.tables().size(), 1U);
  EXPECT_EQ(set.tables()[0].name, "machines");
  EXPECT_EQ(set.tables()[0].rows, 3U);
}

TEST(Table, ANumberFindsTheKeyThatIsWrittenLikeIt) {
  auto set = with_machines("SELECT machines.line FROM 'a' INNER JOIN machines ON id = machines.id");
  EXPECT_EQ(apply(set, "a", R"({"id":7})"), lines{R"(store out {"line":"paint"})"});
  EXPECT_EQ(apply(set, "a", R"({"id":"7"})"), lines{R"(store out {"line":"paint"})"});
  EXPECT_EQ(apply(set, "a", R"({"id":8})"), lines{});
}

TEST(Table, WhatFindsNoRowIsLeftOutOrGoesOnWithNull) {
  auto inner = with_machines("SELECT t, machines.line FROM 'm/+' JOIN machines ON machines.id = topic(2)");
  auto left = with_machines("SELECT t, machines.line FROM 'm/+' LEFT OUTER JOIN machines ON machines.id = topic(2)");
  EXPECT_EQ(apply(inner, "m/9", R"({"t":1})"), lines{});
  EXPECT_EQ(inner.stats(0).seen, 1U);
  EXPECT_EQ(inner.stats(0).unjoined, 1U);
  EXPECT_EQ(inner.stats(0).errors, 0U);
  EXPECT_EQ(apply(left, "m/9", R"({"t":1})"), lines{R"(store out {"t":1,"line":null})"});
  EXPECT_EQ(left.stats(0).unjoined, 0U);
  // A key that is NULL finds nothing.
  auto null = with_machines("SELECT t, machines.line FROM 'm/+' LEFT JOIN machines ON machines.id = missing");
  EXPECT_EQ(apply(null, "m/7", R"({"t":1})"), lines{R"(store out {"t":1,"line":null})"});
}

TEST(Table, AliasesTellTwoAsksApart) {
  constexpr std::string_view chain = "id,next\na,b\nb,c\n";
  auto set =
      load({{"r.rule.sql",
             "/*\n[[table]]\nname = \"hops\"\nfile = \"hops.csv\"\nkey = \"id\"\n[[action]]\nstore = \"out\"\n*/\n"
             "SELECT one.next AS one, two.next AS two FROM 'm/+' JOIN hops AS one ON one.id = topic(2) "
             "LEFT JOIN hops AS two ON two.id = one.next"}},
           {{"hops.csv", std::string(chain)}});
  EXPECT_EQ(apply(set, "m/a", "{}"), lines{R"(store out {"one":"b","two":"c"})"});
  EXPECT_EQ(apply(set, "m/b", "{}"), lines{R"(store out {"one":"c","two":null})"});
  EXPECT_EQ(apply(set, "m/c", "{}"), lines{});
}

TEST(Table, AWindowIsGroupedByWhatTheTableSays) {
  auto set = with_machines(
      "SELECT machines.line AS line, count(*) AS n, max(t - machines.limit) AS over FROM 'm/+' "
      "JOIN machines ON machines.id = topic(2) GROUP BY machines.line, TUMBLINGWINDOW(ss, 10)");
  EXPECT_EQ(apply(set, "m/7", R"({"t":10})"), lines{});
  EXPECT_EQ(apply(set, "m/m8", R"({"t":91})", 1), lines{});
  EXPECT_EQ(apply(set, "m/007", R"({"t":91})", 2), lines{});
  EXPECT_EQ(apply(set, "m/none", R"({"t":91})", 3), lines{});
  EXPECT_EQ(apply(set, "m/none", "{}", 10), (lines{R"(store out {"line":"paint","n":1,"over":-70})",
                                                   R"(store out {"line":"press","n":2,"over":0.5})"}));
}

TEST(Table, TemplatesAndKeysSeeItsColumns) {
  auto set =
      load({{"r.rule.sql",
             "/*\n[[table]]\nname = \"machines\"\nfile = \"machines.csv\"\nkey = \"id\"\n[[action]]\npublish = "
             "\"lines/${machines.line}\"\npayload = '{\"limit\":${machines.limit}}'\n[[action]]\nalarm = \"hot\"\n"
             "key = \"machines.line\"\n*/\n"
             "SELECT t FROM 'm/+' JOIN machines ON machines.id = topic(2) WHERE t > machines.limit"}},
           {{"machines.csv", std::string(machines_csv)}});
  EXPECT_EQ(apply(set, "m/7", R"({"t":99})"),
            (lines{R"(publish lines/paint qos=0 {"limit":80})",
                   std::format("alarm hot raised key=paint warning since={}", start)}));
}

TEST(Table, FilesThatAreNoTablesAreRefusedWithTheirPlace) {
  const auto refused = [](std::string_view csv) {
    return errors_of(
        std::string(machines_header) + "SELECT machines.line FROM 'a' JOIN machines ON machines.id = topic()",
        {{"machines.csv", std::string(csv)}});
  };
  EXPECT_EQ(refused(machines_csv), "");
  EXPECT_TRUE(refused("").contains("P0234"));
  EXPECT_TRUE(refused("idd,line\n").contains("did you mean 'idd'"));
  EXPECT_TRUE(refused("id,id,line\n").contains("two columns are named 'id'"));
  EXPECT_TRUE(refused("id,line\n7,a\n7,b\n").contains("machines.csv:3:1: error P0234: a second row of the key '7'"));
  EXPECT_TRUE(refused("id,line\n7\n").contains("machines.csv:2:1: error P0234: 1 fields"));
  EXPECT_TRUE(refused("id,line\n,a\n").contains("a row without a key"));
  EXPECT_TRUE(refused("id,line\n\"7,a\n").contains("machines.csv:2"));
  std::string many = "id,line\n";
  for (std::uint32_t i = 0; i <= limits::rule_table_rows_max; ++i) many += std::format("{},a\n", i);
  EXPECT_TRUE(refused(many).contains("more than 100000 rows"));
  EXPECT_TRUE(errors_of(std::string(machines_header) + "SELECT 1 AS x FROM 'a'").contains("P0234"));
}

TEST(Table, NamesThatAreNotThereAreRefusedWithHelp) {
  const auto refused = [](std::string_view select) {
    return errors_of(std::string(machines_header) + std::string(select), {{"machines.csv", std::string(machines_csv)}});
  };
  EXPECT_TRUE(
      refused("SELECT 1 AS x FROM 'a' JOIN machnes ON machnes.id = topic()").contains("did you mean 'machines'"));
  EXPECT_TRUE(refused("SELECT 1 AS x FROM 'a' JOIN other ON other.id = topic()").contains("P0231"));
  const auto column = refused("SELECT machines.limt FROM 'a' JOIN machines ON machines.id = topic()");
  EXPECT_TRUE(column.contains("P0235") && column.contains("did you mean 'limit'")) << column;
  EXPECT_TRUE(refused("SELECT 1 AS x FROM 'a' JOIN machines ON machines.line = topic()").contains("P0233"));
  EXPECT_TRUE(refused("SELECT 1 AS x FROM 'a' JOIN machines ON machines.id > topic()").contains("P0233"));
  EXPECT_TRUE(refused("SELECT 1 AS x FROM 'a' JOIN machines ON machines.id = machines.id").contains("P0233"));
  EXPECT_TRUE(refused("SELECT 1 AS x FROM 'a' JOIN machines").contains("P0203"));
  EXPECT_TRUE(refused("SELECT 1 AS x FROM 'a' LEFT machines ON 1").contains("P0203"));
  EXPECT_TRUE(refused("SELECT 1 AS x FROM 'a' RIGHT JOIN machines ON 1").contains("P0209"));
  // The file says what types there are.
  EXPECT_TRUE(
      refused("SELECT machines.line + 1 AS x FROM 'a' JOIN machines ON machines.id = topic()").contains("P0207"));
  EXPECT_TRUE(
      refused("SELECT avg(t) AS x FROM 'a' JOIN machines ON machines.id = topic() GROUP BY TUMBLINGWINDOW(ss, 1) "
              "HAVING machines.limit > 1")
          .contains("P0229"));
}

TEST(Table, HeadersThatAreNoneAreRefused) {
  const auto refused = [](std::string_view table) {
    return errors_of(std::format("/*\n{}\n[[action]]\nstore = \"out\"\n*/\nSELECT 1 AS x FROM 'a'", table));
  };
  EXPECT_TRUE(refused("table = 1").contains("P0216"));
  EXPECT_TRUE(refused("[[table]]\nname = \"a\"\nfile = \"a.csv\"").contains("needs 'key'"));
  EXPECT_TRUE(refused("[[table]]\nname = \"a\"\nkey = \"k\"").contains("needs 'ttl'"));
  EXPECT_TRUE(refused("[[table]]\nname = \"a\"\nkey = \"k\"\nttl = \"soon\"").contains("P0216"));
  EXPECT_TRUE(refused("[[table]]\nname = \"a\"\nkey = \"k\"\nttl = \"0s\"").contains("P0216"));
  EXPECT_TRUE(refused("[[table]]\nname = \"a\"\nkey = \"k\"\nttl = \"1s\"\ncolumns = [\"k\"]").contains("P0210"));
  EXPECT_TRUE(refused("[[table]]\nname = \"a\"\nkey = \"k\"\nttl = \"1s\"\ncolumns = 5").contains("P0216"));
  EXPECT_TRUE(refused("[[table]]\nname = \"a\"\nkey = \"k\"\nfile = \"a.csv\"\nttl = \"1s\"").contains("P0215"));
  EXPECT_TRUE(refused("[[table]]\nname = \"a\"\nkey = \"k\"\nfile = \"../a.csv\"").contains("P0216"));
  EXPECT_TRUE(refused("[[table]]\nname = \"a\"\nkey = \"k\"\nfile = \"/etc/passwd\"").contains("P0216"));
  EXPECT_TRUE(refused("[[table]]\nname = \"a\"\nkey = \"k\"\nfile = \"a.csv\"\nseparator = \"ab\"").contains("P0216"));
  EXPECT_TRUE(
      refused("[[table]]\nname = \"a\"\nkey = \"k\"\nttl = \"1s\"\n[[table]]\nname = \"a\"\nkey = \"k\"\nttl = \"1s\"")
          .contains("P0232"));
}

constexpr std::string_view kept_table =
    "[[table]]\nname = \"shift\"\nkey = \"machine\"\ncolumns = [\"operator\"]\nttl = \"10m\"\n";

std::vector<rule_source> shift_rules() {
  return {
      {"1-shift.rule.sql", std::format("/*\n{}[[action]]\ntable = \"shift\"\n*/\n"
                                       "SELECT topic(2) AS machine, who AS operator FROM 'login/+'",
                                       kept_table)},
      {"2-hot.rule.sql", std::format("/*\n{}[[action]]\nstore = \"out\"\n*/\n"
                                     "SELECT t, shift.operator FROM 'm/+' LEFT JOIN shift ON shift.machine = topic(2) "
                                     "WHERE t > 80",
                                     kept_table)}};
}

TEST(Table, ARuleWritesWhatAnotherAsksForUntilItIsOver) {
  auto set = load(shift_rules());
  EXPECT_EQ(apply(set, "m/7", R"({"t":90})"), lines{R"(store out {"t":90,"operator":null})"});
  apply(set, "login/7", R"({"who":"ada"})");
  EXPECT_EQ(apply(set, "m/7", R"({"t":90})", 1), lines{R"(store out {"t":90,"operator":"ada"})"});
  EXPECT_EQ(apply(set, "m/8", R"({"t":90})", 1), lines{R"(store out {"t":90,"operator":null})"});
  apply(set, "login/7", R"({"who":{"name":"bob"}})", 300);
  EXPECT_EQ(apply(set, "m/7", R"({"t":90})", 899), lines{R"(store out {"t":90,"operator":{"name":"bob"}})"});
  EXPECT_EQ(apply(set, "m/7", R"({"t":90})", 900), lines{R"(store out {"t":90,"operator":null})"});
  EXPECT_EQ(set.tables()[0].rows, 0U);
}

TEST(Table, WhatRulesWroteIsInTheSnapshot) {
  auto set = load(shift_rules());
  apply(set, "login/7", R"({"who":"ada"})");
  apply(set, "login/8", R"({"who":null})");
  byte_buffer kept;
  set.snapshot(kept);
  auto again = load(shift_rules());
  recorder nothing;
  ASSERT_TRUE(again.restore(kept, timestamp{start}, nothing));
  EXPECT_EQ(apply(again, "m/7", R"({"t":90})", 1), lines{R"(store out {"t":90,"operator":"ada"})"});
  byte_buffer same;
  auto third = load(shift_rules());
  ASSERT_TRUE(third.restore(kept, timestamp{start}, nothing));
  third.snapshot(same);
  EXPECT_EQ(same, kept);
  // Every cut is refused, and changes nothing.
  for (std::size_t n = 0; n < kept.size(); ++n) EXPECT_FALSE(third.restore(byte_view(kept).first(n), {}, nothing));
}

TEST(Table, RowsAreBounded) {
  auto set = load(shift_rules());
  for (std::uint32_t i = 0; i <= limits::rule_groups_max; ++i) apply(set, std::format("login/{}", i), R"({"who":1})");
  EXPECT_EQ(set.tables()[0].rows, limits::rule_groups_max);
  EXPECT_EQ(set.tables()[0].evicted, 1U);
  EXPECT_EQ(apply(set, "m/0", R"({"t":90})"), lines{R"(store out {"t":90,"operator":null})"});
  EXPECT_EQ(apply(set, "m/1", R"({"t":90})"), lines{R"(store out {"t":90,"operator":1})"});
}

TEST(Table, ARuleMayAskForTheRowThatItWrites) {
  auto set =
      load({{"r.rule.sql",
             "/*\n[[table]]\nname = \"last\"\nkey = \"k\"\ncolumns = [\"word\"]\nttl = \"1h\"\n[[action]]\ntable = "
             "\"last\"\n[[action]]\nstore = \"out\"\npayload = '{\"before\":${last.word}}'\n*/\n"
             "SELECT topic(2) AS k, value AS word FROM 'm/+' LEFT JOIN last ON last.k = topic(2)"}});
  const auto long_text = std::string(100, 'x');
  EXPECT_EQ(apply(set, "m/1", '"' + long_text + '"'), lines{R"(store out {"before":null})"});
  // The second action sees the row as it was when the message came.
  EXPECT_EQ(apply(set, "m/1", R"("b")"), lines{R"(store out {"before":")" + long_text + R"("})"});
  EXPECT_EQ(apply(set, "m/1", R"("c")"), lines{R"(store out {"before":"b"})"});
}

TEST(Table, RowsThatCannotBeAreRefused) {
  const auto refused = [](std::string_view select, std::string_view action = "table = \"shift\"") {
    return errors_of(std::format("/*\n{}[[action]]\n{}\n*/\n{}", kept_table, action, select));
  };
  EXPECT_EQ(refused("SELECT a AS machine, b AS operator FROM 'a'"), "");
  EXPECT_TRUE(refused("SELECT a AS machine FROM 'a'").contains("the SELECT gives no 'operator'"));
  EXPECT_TRUE(
      refused("SELECT a AS machine, b AS operator FROM 'a'", "table = \"shif\"").contains("did you mean 'shift'"));
  EXPECT_TRUE(refused("SELECT a AS machine, b AS operator FROM 'a'", "table = \"shift\"\nqos = 1").contains("P0215"));
  auto rules = shift_rules();
  const auto at = rules[1].text.find("10m");
  rules[1].text.replace(at, 3, "11m");
  const auto other = load_all(rules);
  ASSERT_FALSE(other);
  EXPECT_TRUE(render_all(other.error()).contains("P0232"));
}

TEST(Table, TestsOfRulesHaveTheirFiles) {
  const std::vector<rule_source> rules{{"rules/r.rule.sql", std::string(machines_header) +
                                                                "SELECT machines.line FROM 'm/+' JOIN machines ON "
                                                                "machines.id = topic(2)"}};
  const rule_source tests{"rules/r.test.toml",
                          "[[test]]\n[[test.input]]\ntopic = \"m/7\"\npayload = \"{}\"\n[[test.expect]]\nstore = "
                          "\"out\"\npayload = '{\"line\":\"paint\"}'\n"};
  const auto outcomes =
      run_tests(tests, rules, [](const std::string&) -> result<std::string> { return std::string(machines_csv); });
  ASSERT_TRUE(outcomes);
  EXPECT_TRUE(outcomes->at(0).passed) << outcomes->at(0).text;
  EXPECT_FALSE(run_tests(tests, rules));
}

}  // namespace
}  // namespace perigee::rules

#include "rules/explain.hpp"

#include <gtest/gtest.h>

namespace perigee::rules {
namespace {

std::string explained(std::string text, const rule_stats* did = nullptr) {
  const auto out = explain(
      {"rules/r.rule.sql", std::move(text)},
      [](const std::string&) -> result<std::string> { return std::string("id,limit\n7,80\n8,90\n"); }, did);
  return out ? *out : render_all(out.error());
}

TEST(Explain, NamesEachStepInItsOrder) {
  EXPECT_EQ(
      explained(
          "/*\nname = \"hot\"\n[[table]]\nname = \"machines\"\nfile = \"m.csv\"\nkey = \"id\"\n"
          "[[action]]\npublish = \"cmd/${topic(2)}\"\n[[action]]\nalarm = \"hot\"\n*/\n"
          "SELECT t, state.mode AS mode, list[2] AS third\nFROM 'a/+', 'b' JOIN machines ON machines.id = topic(2)\n"
          "WHERE t > machines.limit AND (lag(t) < 5 OR state.running) FOR 10 SECONDS"),
      "rules/r.rule.sql:14:60: error P0209: FOR with lag() and its like is not yet in this version\n"
      "    14 | WHERE t > machines.limit AND (lag(t) < 5 OR state.running) FOR 10 SECONDS\n"
      "       |                                                            ^^^\n\n1 error\n");
  EXPECT_EQ(
      explained(
          "/*\nname = \"hot\"\n[[table]]\nname = \"machines\"\nfile = \"m.csv\"\nkey = \"id\"\n"
          "[[action]]\npublish = \"cmd/${topic(2)}\"\n[[action]]\nalarm = \"hot\"\n*/\n"
          "SELECT t, state.mode AS mode, list[2] AS third\nFROM 'a/+', 'b' JOIN machines ON machines.id = topic(2)\n"
          "WHERE t > machines.limit AND (lag(t) < 5 OR state.running)"),
      "rule hot (rules/r.rule.sql)\n"
      "  from      a/+, b\n"
      "  read      list[2], state.mode, state.running, t\n"
      "  time      when this node's journal took it\n"
      "  join      machines on machines.id = topic(2): 2 rows of m.csv\n"
      "  remember  lag: of all messages, at most 10000 keys and 16 MiB\n"
      "  where     t > machines.limit AND (lag(t) < 5 OR state.running)\n"
      "  select    t, mode, third\n"
      "  publish   cmd/${topic(2)}\n"
      "  alarm     hot\n");
}

TEST(Explain, SaysWhatAWindowIsMadeOfAndWhatItDid) {
  constexpr auto rule =
      "/*\ntime = \"ts\"\nlateness = \"1500ms\"\n[[action]]\nstore = \"means\"\n*/\n"
      "SELECT topic(2) AS machine, avg(t) AS mean FROM 'm/+' GROUP BY machine, HOPPINGWINDOW(ss, 60, 5) "
      "FILTER (WHERE ok) HAVING count(*) > 3";
  rule_stats did;
  did.seen = 10;
  did.late = 2;
  did.groups = 3;
  did.actions = 4;
  EXPECT_EQ(explained(rule, &did),
            "rule r (rules/r.rule.sql)\n"
            "  from      m/+  -> 10 messages\n"
            "  read      ok, t, ts\n"
            "  time      ts, up to 1500 ms late  -> 2 late\n"
            "  window    hopping, 60 s every 5 s, of 12 parts of 5 s; at most 10000 groups and 16 MiB\n"
            "  filter    ok\n"
            "  group by  machine\n"
            "  having    count(*) > 3\n"
            "  select    machine, mean\n"
            "  store     means\n"
            "  did       4 actions, 0 dropped, 0 errors\n"
            "  holds     3 keys, 0 bytes; 0 forgotten\n");
}

}  // namespace
}  // namespace perigee::rules

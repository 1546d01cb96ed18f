// JOIN of two streams in a window, against every pair of the messages.

#include <gtest/gtest.h>

#include <format>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/rules_limits.hpp"
#include "rules/explain.hpp"
#include "rules/stream_test.hpp"

namespace perigee::rules {
namespace {

using namespace testing;

constexpr std::string_view select_pairs =
    "SELECT topic(2) AS machine, a.t AS t, b.h AS h, window_start() AS since FROM 'temperature/+' AS a "
    "JOIN 'humidity/+' AS b ON a.id = b.id WHERE a.t > b.h GROUP BY TUMBLINGWINDOW(ss, 10)";

TEST(Pairs, MessagesOfOneKeyAndWindowAreToldTogetherWhenItEnds) {
  auto set = load(select_pairs);
  EXPECT_EQ(decided(set,
                    {{0, "temperature/7", R"({"id":1,"t":50})"},
                     {1, "humidity/x", R"({"id":1,"h":40})"},
                     {2, "humidity/x", R"({"id":"1","h":30})"},
                     {3, "humidity/x", R"({"id":1,"h":60})"},
                     {4, "humidity/x", R"({"id":2,"h":30})"},
                     {5, "temperature/8", R"({"id":null,"t":90})"},
                     {11, "humidity/x", R"({"id":1,"h":1})"}},
                    30),
            (lines{R"(store out {"machine":"7","t":50,"h":40,"since":1764000000000})",
                   R"(store out {"machine":"7","t":50,"h":30,"since":1764000000000})"}));
  EXPECT_EQ(set.stats(0).seen, 7U);
  EXPECT_EQ(set.stats(0).matched, 2U);
  EXPECT_EQ(set.stats(0).groups, 0U);
  EXPECT_EQ(set.stats(0).state_bytes, 0U);
}

TEST(Pairs, LeftTellsThoseAloneThatFoundNone) {
  auto set =
      load("SELECT a.n AS n, b.n AS m FROM 'a' AS a LEFT JOIN 'b' AS b ON b.k = a.k GROUP BY HOPPINGWINDOW(ss, 10, 5)");
  EXPECT_EQ(decided(set, {{1, "a", R"({"n":1,"k":1})"}, {6, "b", R"({"n":2,"k":1})"}, {7, "a", R"({"n":3})"}}, 60),
            (lines{R"(store out {"n":1,"m":null})",                                // up to 5
                   R"(store out {"n":1,"m":2})", R"(store out {"n":3,"m":null})",  // up to 10
                   R"(store out {"n":3,"m":null})"}));                             // up to 15
}

TEST(Pairs, AStreamMayBeJoinedWithItself) {
  auto set = load(
      "SELECT a.n AS n, b.n AS m FROM 'm/#' AS a JOIN 'm/1' AS b ON topic(1) = topic(1) WHERE a.n < b.n "
      "GROUP BY TUMBLINGWINDOW(ss, 10)");
  EXPECT_EQ(decided(set, {{0, "m/1", R"({"n":1})"}, {1, "m/2", R"({"n":2})"}, {2, "m/1", R"({"n":3})"}}, 10),
            (lines{R"(store out {"n":1,"m":3})", R"(store out {"n":2,"m":3})"}));
}

TEST(Pairs, TheirOwnTimeMayBeLate) {
  auto set = load("SELECT a.n AS n, b.n AS m FROM 'a' AS a JOIN 'b' AS b ON a.k = b.k GROUP BY TUMBLINGWINDOW(ss, 10)",
                  "time = \"ts\"\nlateness = \"5s\"\n");
  const auto at = [](std::int64_t s) { return start / second + s; };
  EXPECT_EQ(decided(set,
                    {{100, "a", std::format(R"({{"n":1,"k":1,"ts":{}}})", at(1))},
                     {100, "a", std::format(R"({{"n":2,"k":1,"ts":{}}})", at(12))},
                     {100, "b", std::format(R"({{"n":3,"k":1,"ts":{}}})", at(2))},
                     {100, "b", std::format(R"({{"n":4,"k":1,"ts":{}}})", at(16))},
                     {100, "b", std::format(R"({{"n":5,"k":1,"ts":{}}})", at(3))}},
                    200),
            lines{R"(store out {"n":1,"m":3})"});
  EXPECT_EQ(set.stats(0).late, 1U);
}

/// Every pair of messages, window by window.
lines naive(const std::vector<message>& all, std::int64_t size, std::int64_t hop, bool left, std::int64_t until) {
  const auto number = [](const message& m, std::string_view name) {
    const auto at = m.payload.find(std::format("\"{}\":", name));
    return m.payload.substr(at + name.size() + 3, m.payload.find_first_of(",}", at) - at - name.size() - 3);
  };
  lines out;
  for (std::int64_t end = hop; end <= until; end += hop) {
    const auto in = [&](const message& m) { return m.at >= end - size && m.at < end; };
    for (const auto& a : all) {
      if (a.topic != "a" || !in(a)) continue;
      bool found = false;
      for (const auto& b : all) {
        if (b.topic != "b" || !in(b) || number(a, "k") != number(b, "k") || number(a, "k") == "null") continue;
        found = true;
        out.push_back(std::format(R"(store out {{"n":{},"m":{}}})", number(a, "n"), number(b, "n")));
      }
      if (!found && left) out.push_back(std::format(R"(store out {{"n":{},"m":null}})", number(a, "n")));
    }
  }
  return out;
}

TEST(Pairs, AreThoseOfANestedLoopAcrossSnapshotsToo) {
  prng random(7);
  for (int round = 0; round < 60; ++round) {
    const bool left = round % 2 == 0;
    const std::int64_t hop = 1 + static_cast<std::int64_t>(random.next() % 7);
    const std::int64_t size = round % 3 == 0 ? hop : hop * static_cast<std::int64_t>(1 + random.next() % 4);
    const auto select = std::format(
        "SELECT a.n AS n, b.n AS m FROM 'a' AS a {} JOIN 'b' AS b ON a.k = b.k GROUP BY HOPPINGWINDOW(ss, {}, {})",
        left ? "LEFT" : "INNER", size, hop);
    std::vector<message> all;
    std::int64_t at = 0;
    // Windows of the reference begin where time does here: hop by hop from a multiple of all of them.
    for (int i = 0; i < 40; ++i) {
      at += static_cast<std::int64_t>(random.next() % 4);
      const auto key = random.next() % 4;
      all.push_back({at, random.next() % 2 == 0 ? "a" : "b",
                     std::format(R"({{"n":{},"k":{}}})", i, key == 3 ? "null" : std::to_string(key))});
    }
    const auto until = at + size + hop;
    auto set = load(select);
    recorder out;
    for (std::size_t i = 0; i < all.size(); ++i) {
      feed(set, all[i], out);
      if (random.next() % 8 != 0) continue;
      byte_buffer kept;
      set.snapshot(kept);
      set = load(select);
      ASSERT_TRUE(set.restore(kept, timestamp{start}, out));
      byte_buffer again;
      set.snapshot(again);
      ASSERT_EQ(again, kept);
    }
    set.advance(0, timestamp{start + until * second}, out);
    // A multiple of every hop up to 7, in seconds since 1970.
    static_assert(start / second % 420 == 0);
    EXPECT_EQ(out.lines, naive(all, size, hop, left, until)) << select;
  }
}

TEST(Pairs, AreBounded) {
  auto set = load("SELECT a.n AS n FROM 'a' AS a JOIN 'b' AS b ON a.k = b.k GROUP BY TUMBLINGWINDOW(hh, 1)");
  recorder out;
  for (std::uint32_t i = 0; i <= limits::rule_pair_rows_max; ++i) feed(set, {0, "a", R"({"n":1,"k":1})"}, out);
  EXPECT_EQ(set.stats(0).groups, limits::rule_pair_rows_max);
  EXPECT_EQ(set.stats(0).evicted, 1U);
  feed(set, {0, "b", R"({"k":1})"}, out);
  feed(set, {0, "b", R"({"k":1})"}, out);
  set.advance(0, timestamp{start + 3600 * second}, out);
  EXPECT_EQ(out.lines.size(), limits::rule_pairs_max);
}

TEST(Pairs, WhatCannotBeIsRefused) {
  const auto refused = [](std::string_view select) {
    const auto set = rule_set::load(std::vector<rule_source>{{"r.rule.sql", rule_text(select)}});
    return set ? "" : render_all(set.error());
  };
  const auto with = [&](std::string_view on, std::string_view columns = "a.x AS x",
                        std::string_view rest = "GROUP BY TUMBLINGWINDOW(ss, 1)") {
    return refused(std::format("SELECT {} FROM 'a' AS a JOIN 'b' AS b ON {} {}", columns, on, rest));
  };
  EXPECT_EQ(with("a.x = b.x"), "");
  EXPECT_TRUE(with("a.x > b.x").contains("P0233"));
  EXPECT_TRUE(with("a.x = b.x", "x").contains("write a.x or b.x"));
  EXPECT_TRUE(with("a.x = b.x", "count(*) AS n").contains("P0209"));
  EXPECT_TRUE(with("x = topic(y)", "[x] AS x", "GROUP BY x, y").contains("write a.x or b.x"));
  EXPECT_TRUE(with("a.x = b.x", "lag(a.x) AS n").contains("P0209"));
  EXPECT_TRUE(with("a.x = b.x", "*").contains("P0209"));
  EXPECT_TRUE(with("a.x = b.x", "topic(a.x) AS x").contains("P0225"));
  EXPECT_TRUE(with("a.x = b.x", "a.x AS x", "").contains("P0228"));
  EXPECT_TRUE(with("a.x = b.x", "a.x AS x", "GROUP BY a.x, TUMBLINGWINDOW(ss, 1)").contains("P0209"));
  EXPECT_TRUE(with("a.x = b.x", "a.x AS x", "GROUP BY COUNTWINDOW(5)").contains("P0209"));
  EXPECT_TRUE(with("a.x = b.x", "a.x AS x", "GROUP BY TUMBLINGWINDOW(ss, 1) HAVING 1 = 1").contains("P0209"));
  EXPECT_TRUE(refused("SELECT a.x AS x FROM 'a' JOIN 'b' AS b ON a.x = b.x GROUP BY TUMBLINGWINDOW(ss, 1)")
                  .contains("both streams need a name"));
  EXPECT_TRUE(refused("SELECT a.x AS x FROM 'a' AS a JOIN 'b' ON a.x = b.x GROUP BY TUMBLINGWINDOW(ss, 1)")
                  .contains("expected AS"));
  EXPECT_TRUE(refused("SELECT a.x AS x FROM 'a' AS a JOIN 'b/#/c' AS b ON a.x = b.x GROUP BY TUMBLINGWINDOW(ss, 1)")
                  .contains("P0208"));
}

TEST(Pairs, AreExplained) {
  const auto text = explain({"r.rule.sql", rule_text(select_pairs)});
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->contains("  join      b on a.id = b.id\n  window    10 s every 10 s; at most 20000 messages"))
      << *text;
}

}  // namespace
}  // namespace perigee::rules

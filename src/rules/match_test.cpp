// MATCH, against every way in which a sequence could begin.

#include <gtest/gtest.h>

#include <format>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/rules_limits.hpp"
#include "rules/explain.hpp"
#include "rules/stream_test.hpp"

namespace perigee::rules {
namespace {

using namespace testing;

TEST(Match, ASequenceIsToldWhenItIsComplete) {
  auto set = load(
      "SELECT topic(2) AS machine, a.t AS low, b.t AS high, t FROM 'm/+' "
      "MATCH a AS (t < 20) THEN b AS (t > a.t + 10) THEN c AS (t < b.t) WITHIN 10 SECONDS");
  EXPECT_EQ(decided(set,
                    {{0, "m/1", R"({"t":15})"},
                     {1, "m/2", R"({"t":50})"},
                     {2, "m/1", R"({"t":22})"},
                     {3, "m/1", R"({"t":40})"},
                     {4, "m/1", R"({"t":50})"},
                     {5, "m/1", R"({"t":30.5})"},
                     {6, "m/1", R"({"t":29})"}},
                    60),
            lines{R"(store out {"machine":"1","low":15,"high":40,"t":30.5})"});
  EXPECT_EQ(set.stats(0).matched, 1U);
  EXPECT_EQ(set.stats(0).groups, 0U);
}

TEST(Match, NotAtTheEndWaitsForTheTimeToBeOver) {
  auto set = load(
      "SELECT topic(2) AS door, open.who AS who FROM 'door/+' "
      "MATCH open AS (state = 'open') THEN NOT (state = 'closed') WITHIN 10 SECONDS");
  EXPECT_EQ(decided(set,
                    {{0, "door/d1", R"({"state":"open","who":"ada"})"},
                     {0, "door/d2", R"({"state":"open","who":"bob"})"},
                     {5, "door/d2", R"({"state":"closed"})"},
                     {6, "door/d2", R"({"state":"open","who":"eve"})"},
                     {9, "door/d1", R"({"state":"open","who":"joe"})"}},
                    15),
            lines{R"(store out {"door":"d1","who":"ada"})"});
  recorder out;
  EXPECT_EQ(set.next_deadline(0), (timestamp{start + 16 * second}));
  set.advance(0, timestamp{start + 16 * second}, out);
  EXPECT_EQ(out.lines, lines{R"(store out {"door":"d2","who":"eve"})"});
  EXPECT_EQ(set.next_deadline(0), std::nullopt);
}

TEST(Match, NotInBetweenEndsASequenceAndPartitionsKeepThemApart) {
  auto set = load(
      "SELECT s.n AS first, n AS last FROM 'line/#' MATCH s AS (kind = 'stop') THEN NOT (kind = 'ack') "
      "THEN r AS (kind = 'run') WITHIN 1 MINUTE OVER (PARTITION BY machine)");
  EXPECT_EQ(decided(set,
                    {{0, "line/1", R"({"n":1,"kind":"stop","machine":1})"},
                     {1, "line/1", R"({"n":2,"kind":"stop","machine":2})"},
                     {2, "line/2", R"({"n":3,"kind":"ack","machine":1})"},
                     {3, "line/1", R"({"n":4,"kind":"run","machine":1})"},
                     {60, "line/3", R"({"n":5,"kind":"run","machine":2})"},
                     {61, "line/1", R"({"n":6,"kind":"run","machine":2})"}},
                    100),
            lines{R"(store out {"first":2,"last":5})"});
}

/// Steps: a letter that must come, or after '!' one that must not.
struct pattern {
  std::string text;
  std::int64_t within;
};

/// When the sequence that begins with this message is complete, and the messages of its steps.
struct found {
  std::int64_t at;
  std::vector<std::size_t> steps;
};

std::optional<found> begun_with(const std::vector<message>& all, std::size_t first, const pattern& of) {
  const auto is = [&](std::size_t i, char letter) { return all[i].payload.contains(letter); };
  if (!is(first, of.text[0])) return std::nullopt;
  found out{0, {first}};
  std::size_t next = 1;
  const auto end = all[first].at + of.within;
  for (std::size_t i = first + 1; i < all.size() && all[i].at < end; ++i) {
    const bool watched = of.text[next] == '!';
    const auto wanted = watched ? next + 2 : next;
    if (wanted < of.text.size() && is(i, of.text[wanted])) {
      out.steps.push_back(i);
      next = wanted + 1;
      if (next == of.text.size()) return found{all[i].at, out.steps};
    } else if (watched && is(i, of.text[next + 1])) {
      return std::nullopt;
    }
  }
  if (of.text[next] != '!' || next + 2 != of.text.size()) return std::nullopt;
  out.at = end;
  return out;
}

/// One key: the sequence that is complete first is told, of two at once the one that began first; then what comes
/// behind goes on anew.
lines naive(const std::vector<message>& all, const pattern& of, std::int64_t until) {
  lines out;
  std::size_t from = 0;
  for (;;) {
    std::optional<found> best;
    for (std::size_t i = from; i < all.size(); ++i) {
      const auto one = begun_with(all, i, of);
      if (one && one->at <= until && (!best || one->at < best->at)) best = one;
    }
    if (!best) return out;
    out.push_back(std::format(R"(store out {{"first":{},"last":{}}})", best->steps.front(), best->steps.back()));
    const bool by_time = of.text[of.text.size() - 2] == '!';
    // Complete by a message: that one begins nothing. By time: what came until then is forgotten.
    from = best->steps.back() + 1;
    while (by_time && from < all.size() && all[from].at < best->at) ++from;
  }
}

TEST(Match, IsWhatTryingEveryBeginningFinds) {
  prng random(11);
  for (int round = 0; round < 200; ++round) {
    const std::vector<std::string> shapes{"AB", "ABC", "A!B", "A!BC", "AB!C", "A!BC!D", "AA"};
    const pattern of{shapes[random.below(shapes.size())], 1 + static_cast<std::int64_t>(random.below(12))};
    std::string steps;
    for (std::size_t i = 0; i < of.text.size(); ++i) {
      const bool negated = of.text[i] == '!';
      if (negated) ++i;
      steps += std::format("{}{} (word LIKE '%{}%')", i == 0 ? "" : " THEN ",
                           negated ? "NOT" : std::format("s{} AS", i), of.text[i]);
    }
    const auto select =
        std::format("SELECT s0.n AS first, n AS last FROM 'a' MATCH {} WITHIN {} SECONDS", steps, of.within);
    std::vector<message> all;
    std::int64_t at = 0;
    for (int i = 0; i < 30; ++i) {
      at += 1 + static_cast<std::int64_t>(random.below(3));
      const std::string letters = "ABCDX";
      std::string word(1, letters[random.below(letters.size())]);
      if (random.chance(0.2)) word += letters[random.below(letters.size())];
      all.push_back({at, "a", std::format(R"({{"n":{},"w":0,"word":"{}"}})", i, word)});
    }
    auto set = load(select);
    recorder out;
    for (const auto& one : all) {
      feed(set, one, out);
      if (!random.chance(0.2)) continue;
      byte_buffer kept;
      set.snapshot(kept);
      set = load(select);
      ASSERT_TRUE(set.restore(kept, timestamp{start}, out));
      byte_buffer again;
      set.snapshot(again);
      ASSERT_EQ(again, kept);
    }
    const auto until = at + of.within;
    set.advance(0, timestamp{start + until * second}, out);
    ASSERT_EQ(out.lines, naive(all, of, until)) << select << " round " << round;
  }
}

TEST(Match, IsBounded) {
  auto set = load("SELECT a.n AS n FROM 'a' MATCH a AS (n > 0) THEN b AS (n < 0) WITHIN 1 HOUR");
  recorder out;
  for (std::uint32_t i = 1; i <= limits::rule_sequences_max + 1; ++i) {
    feed(set, {0, "a", std::format(R"({{"n":{}}})", i)}, out);
  }
  EXPECT_EQ(set.stats(0).evicted, 1U);
  feed(set, {0, "a", R"({"n":-1})"}, out);
  EXPECT_EQ(out.lines, lines{R"(store out {"n":2})"});
  EXPECT_EQ(set.stats(0).groups, 0U);
}

TEST(Match, WhatCannotBeIsRefused) {
  const auto refused = [](std::string_view match, std::string_view columns = "a.x AS x", std::string_view rest = "") {
    const auto set = rule_set::load(std::vector<rule_source>{
        {"r.rule.sql", rule_text(std::format("SELECT {} FROM 'a' MATCH {} {}", columns, match, rest))}});
    return set ? "" : render_all(set.error());
  };
  constexpr std::string_view good = "a AS (x > 1) THEN b AS (x < a.x) WITHIN 1 SECOND";
  EXPECT_EQ(refused(good), "");
  EXPECT_TRUE(refused("a AS (x > 1) WITHIN 1 SECOND").contains("two steps at least"));
  EXPECT_TRUE(refused("NOT (x > 1) THEN a AS (x > 1) WITHIN 1 SECOND").contains("P0237"));
  EXPECT_TRUE(refused("NOT (x > 1) THEN NOT (y) WITHIN 1 SECOND", "topic() AS x, y").contains("P0237"));
  EXPECT_TRUE(refused("a AS x THEN NOT y THEN NOT z WITHIN 1 SECOND").contains("P0237"));
  EXPECT_TRUE(refused("a AS x THEN a AS y WITHIN 1 SECOND").contains("two steps are named 'a'"));
  EXPECT_TRUE(refused("a AS x THEN b AS y").contains("expected WITHIN"));
  EXPECT_TRUE(refused("a AS x THEN (y) WITHIN 1 SECOND").contains("a name for the step"));
  EXPECT_TRUE(refused("a AS 1 + 1 THEN b AS y WITHIN 1 SECOND").contains("P0207"));
  EXPECT_TRUE(refused(good, "count(*) AS n").contains("P0209"));
  EXPECT_TRUE(refused(good, "[count(*)] AS n").contains("P0209"));
  EXPECT_TRUE(refused(good, "*").contains("P0209"));
  EXPECT_TRUE(refused("a AS (lag(x) > 1) THEN b AS y WITHIN 1 SECOND").contains("P0209"));
  EXPECT_TRUE(refused(good, "a.x AS x", "GROUP BY TUMBLINGWINDOW(ss, 1)").contains("P0209"));
  EXPECT_TRUE(refused(good, "a.x AS x", "WHERE x > 1 FOR 1 SECOND").contains("P0209"));
  EXPECT_EQ(refused(good, "a.x AS x", "WHERE b.x > 1"), "");
}

TEST(Match, IsExplained) {
  const auto text = explain(
      {"r.rule.sql", rule_text("SELECT a.x AS x FROM 'a' MATCH a AS (x > 1) THEN NOT (x < a.x) WITHIN 5 SECONDS")});
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->contains("  match     a: x > 1 then not x < a.x, within 5 s, by topic;")) << *text;
}

}  // namespace
}  // namespace perigee::rules

// Windows: what each kind tells and when, against a fold over all messages that knows nothing of panes; and that a
// snapshot at any point changes nothing.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <format>
#include <map>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/rules_limits.hpp"
#include "rules/recorder_test.hpp"
#include "rules/rule_set.hpp"

namespace perigee::rules {
namespace {

using testing::recorder;
using lines = std::vector<std::string>;

constexpr std::int64_t second = 1'000'000'000;

rule_source source(std::string_view select, std::string_view header = "") {
  return {"w.rule.sql", std::format("/*\n{}\n[[action]]\nstore = \"out\"\n*/\n{}", header, select)};
}

rule_set load(std::string_view select, std::string_view header = "") {
  const auto one = source(select, header);
  auto set = rule_set::load({&one, 1});
  if (!set) ADD_FAILURE() << render_all(set.error());
  return set ? std::move(*set) : *rule_set::load({});
}

lines problems_of(std::string_view select, std::string_view header = "") {
  lines out;
  const auto one = source(select, header);
  const auto set = rule_set::load({&one, 1});
  if (set) return out;
  for (const auto& d : set.error()) out.push_back(std::format("{}:{} {} {}", d.line, d.column, d.code, d.message));
  return out;
}

/// Only the payloads of what was stored.
lines payloads(recorder came) {
  constexpr std::string_view before = "store out ";
  for (auto& one : came.lines) {
    EXPECT_TRUE(one.starts_with(before)) << one;
    one.erase(0, before.size());
  }
  return std::move(came.lines);
}

lines feed(rule_set& set, double at_s, std::string_view payload, std::string_view topic = "in/a") {
  recorder out;
  set.apply({topic, as_bytes(payload), timestamp{static_cast<std::int64_t>(at_s * second)}, {}}, out);
  return payloads(std::move(out));
}

lines advance(rule_set& set, double to_s) {
  recorder out;
  set.advance(0, timestamp{static_cast<std::int64_t>(to_s * second)}, out);
  return payloads(std::move(out));
}

TEST(Window, TumblesByTheTimeOfArrivalAndEndsWithoutAMessage) {
  auto set = load(
      "SELECT topic(2) AS machine, count(*) AS n, avg(t) AS mean, window_start() AS s, window_end() AS e "
      "FROM 'in/+' GROUP BY topic(2), TUMBLINGWINDOW(ss, 10)");
  EXPECT_FALSE(set.next_deadline(0));
  EXPECT_TRUE(feed(set, 101, R"({"t":1})").empty());
  EXPECT_EQ(set.next_deadline(0), timestamp{110 * second});
  EXPECT_FALSE(set.next_deadline(1)) << "another lane does not move it";
  EXPECT_TRUE(feed(set, 102, R"({"t":2})").empty());
  EXPECT_TRUE(feed(set, 103, R"({"t":5})", "in/b").empty());
  EXPECT_EQ(feed(set, 110, R"({"t":7})"), (lines{R"({"machine":"a","n":2,"mean":1.5,"s":100000,"e":110000})",
                                                 R"({"machine":"b","n":1,"mean":5,"s":100000,"e":110000})"}));
  EXPECT_TRUE(advance(set, 119.9).empty());
  EXPECT_EQ(advance(set, 500), lines{R"({"machine":"a","n":1,"mean":7,"s":110000,"e":120000})"});
  EXPECT_FALSE(set.next_deadline(0));
  EXPECT_TRUE(advance(set, 1000).empty());
  EXPECT_EQ(set.stats(0).groups, 0U);
  EXPECT_EQ(set.stats(0).state_bytes, 0U);
}

TEST(Window, AClockThatIsSetBackMovesNothingBack) {
  auto set = load("SELECT count(*) AS n, window_end() AS e FROM 'in/+' GROUP BY TUMBLINGWINDOW(ss, 10)");
  feed(set, 101, "{}");
  EXPECT_EQ(feed(set, 111, "{}").size(), 1U);
  EXPECT_TRUE(feed(set, 50, "{}").empty());
  EXPECT_EQ(advance(set, 120), lines{R"({"n":2,"e":120000})"});
  EXPECT_EQ(set.stats(0).late, 0U);
}

TEST(Window, HopsWithPartsThatOverlap) {
  auto set = load("SELECT sum(v) AS s, window_end() AS e FROM 'in/+' GROUP BY HOPPINGWINDOW(ss, 10, 4)");
  for (const int at : {1, 5, 9, 13}) feed(set, at, std::format(R"({{"v":{}}})", at));
  EXPECT_EQ(advance(set, 16), lines{R"({"s":22,"e":16000})"});
  EXPECT_EQ(advance(set, 40), (lines{R"({"s":13,"e":20000})"}));
}

TEST(Window, SlidesWithEveryMessage) {
  auto set = load("SELECT count(*) AS n, sum(v) AS s FROM 'in/+' GROUP BY topic(2), SLIDINGWINDOW(ss, 10)");
  EXPECT_EQ(feed(set, 1, R"({"v":1})"), lines{R"({"n":1,"s":1})"});
  EXPECT_EQ(feed(set, 5, R"({"v":2})"), lines{R"({"n":2,"s":3})"});
  EXPECT_EQ(feed(set, 5, R"({"v":9})", "in/b"), lines{R"({"n":1,"s":9})"});
  EXPECT_EQ(feed(set, 11, R"({"v":4})"), lines{R"({"n":2,"s":6})"}) << "the message of 1 s is 10 s old";
  feed(set, 30, "{}", "in/c");
  EXPECT_EQ(set.stats(0).groups, 1U) << "the silent ones are forgotten";
}

TEST(Window, ASessionEndsBySilenceAndByItsLength) {
  auto set = load(
      "SELECT count(*) AS n, window_start() AS s, window_end() AS e FROM 'in/+' "
      "GROUP BY topic(2), SESSIONWINDOW(ss, 20, 5)");
  for (const int at : {1, 4, 8}) EXPECT_TRUE(feed(set, at, "{}").empty());
  EXPECT_EQ(set.next_deadline(0).value_or(timestamp{}).ns <= 13 * second, true);
  EXPECT_EQ(advance(set, 13), lines{R"({"n":3,"s":1000,"e":13000})"});
  lines all;
  for (double at = 30; at < 60; at += 4) {
    for (auto& one : feed(set, at, "{}")) all.push_back(one);
  }
  EXPECT_EQ(all, (lines{R"({"n":5,"s":30000,"e":50000})"}));
  EXPECT_EQ(advance(set, 100), lines{R"({"n":3,"s":50000,"e":63000})"});
}

TEST(Window, CountsMessages) {
  auto set = load("SELECT sum(v) AS s FROM 'in/+' GROUP BY topic(2), COUNTWINDOW(3)");
  EXPECT_TRUE(feed(set, 1, R"({"v":1})").empty());
  EXPECT_TRUE(feed(set, 1, R"({"v":2})").empty());
  EXPECT_TRUE(feed(set, 1, R"({"v":2})", "in/b").empty());
  EXPECT_EQ(feed(set, 2, R"({"v":3})"), lines{R"({"s":6})"});
  EXPECT_TRUE(feed(set, 2, R"({"v":3})").empty());
  auto overlapping = load("SELECT sum(v) AS s FROM 'in/+' GROUP BY COUNTWINDOW(5, 2)");
  lines all;
  for (int v = 1; v <= 8; ++v) {
    for (auto& one : feed(overlapping, v, std::format(R"({{"v":{}}})", v))) all.push_back(one);
  }
  EXPECT_EQ(all, (lines{R"({"s":20})", R"({"s":30})"})) << "2..6 and 4..8, as eKuiper's document has it";
}

TEST(Window, FiltersBeforeCountingAndHavingAfter) {
  auto set = load(
      "SELECT sum(v) AS s, count(*) AS n FROM 'in/+' WHERE v < 100 "
      "GROUP BY COUNTWINDOW(2) FILTER(WHERE v > 1) HAVING s > 5 AND count(*) = 2");
  lines all;
  for (const int v : {1, 2, 3, 200, 4, 1, 5}) {
    for (auto& one : feed(set, 1, std::format(R"({{"v":{}}})", v))) all.push_back(one);
  }
  EXPECT_EQ(all, lines{R"({"s":9,"n":2})"});
}

TEST(Window, ComputesTheAggregates) {
  auto set = load(
      "SELECT count(v) AS n, count(DISTINCT s) AS kinds, sum(v) AS sum, min(v) AS low, max(v) AS high, "
      "stddev(v) AS sd, var(v) AS vr, round(vars(v), 3) AS vrs, first(s) AS f, last(s) AS l, delta(v) AS d, "
      "rate(v) AS r, twa(v) AS w, median(v) AS med, percentile(v, 0.25) AS p, max(min(v), 3) AS mixed "
      "FROM 'in/+' GROUP BY TUMBLINGWINDOW(ss, 10)");
  feed(set, 100, R"({"v":2,"s":"x"})");
  feed(set, 101, R"({"v":4,"s":"y"})");
  feed(set, 102, R"({"v":4})");
  feed(set, 103, R"({"v":null,"s":"x"})");
  feed(set, 105, R"({"v":6,"s":{"o":1}})");
  EXPECT_EQ(advance(set, 110),
            lines{R"({"n":4,"kinds":3,"sum":16,"low":2,"high":6,"sd":1.4142135623730951,"vr":2,"vrs":2.667,)"
                  R"("f":"x","l":{"o":1},"d":4,"r":0.8,"w":4.8,"med":4,"p":3.5,"mixed":3})"});
  EXPECT_EQ(set.stats(0).errors, 0U);
  feed(set, 120, R"({"v":"text","s":1})");
  EXPECT_EQ(set.stats(0).errors, 12U) << "each aggregate of v that takes numbers only, and v is a text";
}

TEST(Window, AnAlarmIsRaisedAndClearedByHaving) {
  const rule_source one{
      "w.rule.sql",
      "/*\n[[action]]\nalarm = \"hot\"\nkey = \"machine\"\n*/\nSELECT topic(2) AS machine, avg(t) AS m "
      "FROM 'in/+' GROUP BY machine, TUMBLINGWINDOW(ss, 10) HAVING m > 80"};
  auto set = rule_set::load({&one, 1});
  ASSERT_TRUE(set) << render_all(set.error());
  recorder out;
  std::int64_t now = 10 * second;
  for (const auto t : {90, 91, 60, 50}) {
    set->apply({"in/a", as_bytes(std::format(R"({{"t":{}}})", t)), timestamp{now}, {}}, out);
    set->advance(0, timestamp{now += 10 * second}, out);
  }
  EXPECT_EQ(out.lines, (lines{"alarm hot raised key=a warning since=20000000000",
                              "alarm hot cleared key=a warning since=20000000000"}));
}

TEST(Window, ByTheMessagesOwnTimeLateOnesAreCounted) {
  auto set = load("SELECT count(*) AS n, window_end() AS e FROM 'in/+' GROUP BY TUMBLINGWINDOW(ss, 10)",
                  "time = \"ts\"\nlateness = \"5s\"");
  const auto at = [&](std::int64_t ts_s) { return feed(set, 1000, std::format(R"({{"ts":{}}})", ts_s)); };
  EXPECT_TRUE(at(101).empty());
  EXPECT_TRUE(at(112).empty()) << "the window waits for 5 seconds";
  EXPECT_TRUE(at(104).empty());
  EXPECT_FALSE(set.next_deadline(0)) << "the machine's clock does not end it";
  EXPECT_EQ(at(115), lines{R"({"n":2,"e":110000})"});
  EXPECT_TRUE(at(109).empty());
  EXPECT_EQ(set.stats(0).late, 1U);
  EXPECT_TRUE(feed(set, 1000, R"({"ts":"x"})").empty());
  EXPECT_TRUE(feed(set, 1000, R"({})").empty());
  EXPECT_TRUE(feed(set, 1000, R"({"ts":"1677-09-22T00:00:00Z"})").empty());
  EXPECT_TRUE(at(-9'000'000'000).empty());
  EXPECT_TRUE(at(1000 + 2 * 86400).empty()) << "a clock that is far ahead ends nothing";
  EXPECT_EQ(set.stats(0).errors, 5U);
  EXPECT_EQ(at(125), lines{R"({"n":2,"e":120000})"});
}

TEST(Window, ATimeIsASecondAMillisecondOrAText) {
  for (const auto* ts : {"1700000005", "1700000005000", "1700000005000000", "1700000005000000001", "1700000005.5",
                         "\"2023-11-14T22:13:25Z\""}) {
    auto set = load("SELECT window_start() AS s FROM 'in/+' GROUP BY TUMBLINGWINDOW(ss, 10)", "time = \"ts\"");
    feed(set, 1.7e9, std::format(R"({{"ts":{}}})", ts));
    EXPECT_EQ(feed(set, 1.7e9, R"({"ts":1700000010})"), lines{R"({"s":1700000000000})"}) << ts;
  }
  auto stated = load("SELECT window_start() AS s FROM 'in/+' GROUP BY TUMBLINGWINDOW(ss, 10)",
                     "time = \"ts\"\ntime_unit = \"ms\"");
  feed(stated, 100, R"({"ts":5000})");
  EXPECT_EQ(feed(stated, 100, R"({"ts":12000})"), lines{R"({"s":0})"});
}

TEST(Window, WhatDoesNotFitIsForgottenOldestFirstAndCounted) {
  auto set = load("SELECT topic(2) AS m, count(*) AS n FROM 'in/+' GROUP BY m, TUMBLINGWINDOW(hh, 1)");
  for (std::uint32_t i = 0; i <= limits::rule_groups_max; ++i) feed(set, 1, "{}", std::format("in/{}", i));
  EXPECT_EQ(set.stats(0).groups, limits::rule_groups_max);
  EXPECT_EQ(set.stats(0).evicted, 1U);
  const auto told = advance(set, 3600);
  EXPECT_EQ(told.size(), limits::rule_groups_max);
  EXPECT_FALSE(std::ranges::contains(told, R"({"m":"0","n":1})"));
}

TEST(Window, TheStateOfARuleStaysUnderItsBound) {
  auto set = load("SELECT last(t) AS l FROM 'in/+' GROUP BY topic(2), TUMBLINGWINDOW(hh, 1)");
  const auto big = std::format(R"({{"t":"{}"}})", std::string(4000, 'x'));
  for (int i = 0; i < 6000; ++i) feed(set, 1, big, std::format("in/{}", i));
  EXPECT_LE(set.stats(0).state_bytes, limits::rule_window_bytes_max);
  EXPECT_GT(set.stats(0).evicted, 0U);
  feed(set, 1, std::format(R"({{"t":"{}"}})", std::string(5000, 'x')));
  EXPECT_EQ(set.stats(0).errors, 1U) << "a text that is too long to keep";
}

TEST(Window, SaysWhatIsWrong) {
  EXPECT_EQ(problems_of("SELECT avg(t) AS m FROM 'in'"), lines{"6:8 P0228 'avg' needs a window"});
  EXPECT_EQ(problems_of("SELECT window_end() AS m FROM 'in'"), lines{"6:8 P0228 'window_end' needs a window"});
  EXPECT_EQ(problems_of("SELECT t FROM 'in' HAVING t > 1"), lines{"6:27 P0228 HAVING needs a window"});
  constexpr std::string_view window = "GROUP BY TUMBLINGWINDOW(ss, 10)";
  const auto of = [&](std::string_view column) {
    return problems_of(std::format("SELECT {} AS x FROM 'in' {}", column, window));
  };
  EXPECT_EQ(of("t"), lines{"6:8 P0229 't' is neither in GROUP BY nor within an aggregate"});
  EXPECT_EQ(of("topic(2)"), lines{"6:8 P0229 'topic' is of one message, and a window has many"});
  EXPECT_EQ(of("sum(avg(t))"), lines{"6:12 P0228 'avg' needs a window"});
  EXPECT_EQ(of("sum(DISTINCT t)"), lines{"6:8 P0209 DISTINCT within 'sum' is not yet in this version"});
  EXPECT_EQ(of("sum('x')"), lines{"6:12 P0207 'sum' needs a number, and this is a text"});
  EXPECT_EQ(of("sum()"), lines{"6:8 P0206 'sum' does not take 0 arguments"});
  EXPECT_EQ(of("percentile(t, 95)"), lines{"6:22 P0225 'percentile' needs a constant from 0 to 1 here"});
  EXPECT_EQ(problems_of(std::format("SELECT * FROM 'in' {}", window)),
            lines{"6:29 P0229 '*' is of one message, and a window has many"});
  const auto by = [&](std::string_view w) {
    return problems_of(std::format("SELECT count(*) AS x FROM 'in' GROUP BY {}", w));
  };
  EXPECT_EQ(by("TUMBLINGWINDOW(xx, 10)"), lines{"6:56 P0203 expected a unit of time, found 'xx'"});
  EXPECT_EQ(by("TUMBLINGWINDOW(ss, 0)"), lines{"6:60 P0203 expected a whole number from 1, found '0'"});
  EXPECT_EQ(by("TUMBLINGWINDOW(ss, 1, 2)"), lines{"6:41 P0227 'TUMBLINGWINDOW' does not take 2 numbers"});
  EXPECT_EQ(by("TUMBLINGWINDOW(dd, 365)"), lines{"6:41 P0227 a window is at most 31 days long"});
  EXPECT_EQ(by("HOPPINGWINDOW(ss, 5, 10)"),
            lines{"6:41 P0227 a window that hops further than it is long would pass over messages"});
  EXPECT_EQ(by("HOPPINGWINDOW(ms, 10000, 1)"), lines{"6:41 P0227 this window is made of more than 4096 parts"});
  EXPECT_EQ(by("COUNTWINDOW(2, 3)"), lines{"6:41 P0227 a window cannot be told less often than it is long"});
  EXPECT_EQ(by("SLIDINGWINDOW(ss, 5, 5)"), lines{"6:41 P0209 a sliding window that waits is not yet in this version"});
  EXPECT_EQ(by("TUMBLINGWINDOW(ss, 1), COUNTWINDOW(2)"), lines{"6:64 P0227 a rule has one window"});
  EXPECT_EQ(problems_of("SELECT count(*) AS n FROM 'in' GROUP BY COUNTWINDOW(2)", "time = \"ts\"\nlateness = \"1s\""),
            lines{"7:41 P0209 lateness is for tumbling and hopping windows in this version"});
  EXPECT_EQ(problems_of("SELECT a FROM 'in'", "lateness = \"1s\""), lines{"2:13 P0216 'lateness' needs 'time'"});
  EXPECT_EQ(problems_of("SELECT a FROM 'in'", "time = \"ts\"\nlateness = \"soon\""),
            lines{"3:13 P0216 'lateness' is a duration such as \"5s\""});
  EXPECT_EQ(problems_of("SELECT a FROM 'in'", "time_unit = \"h\""), lines{"2:14 P0216 'time_unit' is s, ms, us or ns"});
}

/// A window as the reference sees it.
struct expected_window {
  std::int64_t end = 0;
  std::string group;
  int count = 0;
  double sum = 0;
  double low = HUGE_VAL;

  [[nodiscard]] std::string text() const {
    return std::format(R"({{"g":"{}","n":{},"s":{},"low":{},"e":{}}})", group, count, sum, low, end / 1'000'000);
  }
};

struct message {
  std::int64_t at = 0;
  std::string group;
  int value = 0;
};

std::vector<message> random_messages(std::uint64_t seed, std::int64_t disorder_s) {
  prng random(seed);
  std::vector<message> out;
  std::int64_t now = 1000 * second;
  for (int i = 0; i < 400; ++i) {
    now += static_cast<std::int64_t>(random.below(10) == 0 ? random.below(100) : random.below(3)) * second +
           static_cast<std::int64_t>(random.below(1000)) * 1'000'000;
    const auto back = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(disorder_s) + 1)) * second;
    out.push_back(
        {now - back, std::string(1, static_cast<char>('a' + random.below(4))), static_cast<int>(random.below(100))});
  }
  return out;
}

void put(std::map<std::pair<std::int64_t, std::string>, expected_window>& all, std::int64_t end, const message& m) {
  auto& w = all[{end, m.group}];
  w.end = end;
  w.group = m.group;
  ++w.count;
  w.sum += m.value;
  w.low = std::min<double>(w.low, m.value);
}

/// Tumbling is hopping by its own length.
lines reference_hop(const std::vector<message>& all, std::int64_t size, std::int64_t hop, std::int64_t lateness) {
  std::map<std::pair<std::int64_t, std::string>, expected_window> windows;
  std::int64_t watermark = INT64_MIN;
  for (const auto& m : all) {
    watermark = std::max(watermark, m.at - lateness);
    if (m.at < watermark / hop * hop) continue;
    for (auto end = (m.at / hop + 1) * hop; end <= m.at + size; end += hop) put(windows, end, m);
  }
  lines out;
  for (const auto& [key, w] : windows) out.push_back(w.text());
  return out;
}

lines reference_sliding(const std::vector<message>& all, std::int64_t size) {
  lines out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::map<std::pair<std::int64_t, std::string>, expected_window> one;
    for (std::size_t j = 0; j <= i; ++j) {
      if (all[j].group == all[i].group && all[j].at > all[i].at - size) put(one, all[i].at, all[j]);
    }
    out.push_back(one.begin()->second.text());
  }
  return out;
}

lines reference_session(const std::vector<message>& all, std::int64_t longest, std::int64_t timeout) {
  std::map<std::pair<std::int64_t, std::string>, expected_window> windows;
  for (const auto* group : {"a", "b", "c", "d"}) {
    std::vector<message> open;
    const auto close = [&] {
      if (open.empty()) return;
      const auto end = std::min(open.back().at + timeout, open.front().at + longest);
      for (const auto& m : open) put(windows, end, m);
      open.clear();
    };
    for (const auto& m : all) {
      if (m.group != group) continue;
      if (!open.empty() && m.at >= std::min(open.back().at + timeout, open.front().at + longest)) close();
      open.push_back(m);
    }
    close();
  }
  lines out;
  for (const auto& [key, w] : windows) out.push_back(w.text());
  return out;
}

struct subject {
  std::string window;
  std::string header;
  std::int64_t disorder_s = 0;
};

/// Feeds everything, and at every `crash_every`-th message goes on with a set that was restored from a snapshot.
lines run(const subject& of, const std::vector<message>& all, std::size_t crash_every) {
  const auto select = std::format(
      "SELECT g, count(*) AS n, sum(v) AS s, min(v) AS low, window_end() AS e FROM 'in' "
      "GROUP BY g, {}",
      of.window);
  const auto header = "time = \"ts\"\ntime_unit = \"ns\"\n" + of.header;
  auto set = load(select, header);
  recorder out;
  std::size_t fed = 0;
  for (const auto& m : all) {
    const auto payload = std::format(R"({{"g":"{}","v":{},"ts":{}}})", m.group, m.value, m.at);
    set.apply({"in", as_bytes(payload), timestamp{m.at}, {}}, out);
    if (crash_every == 0 || ++fed % crash_every != 0) continue;
    byte_buffer snapshot;
    set.snapshot(snapshot);
    auto next = load(select, header);
    EXPECT_TRUE(next.restore(snapshot, {}, out));
    byte_buffer again;
    next.snapshot(again);
    EXPECT_EQ(snapshot, again);
    set = std::move(next);
  }
  // Long after: everything ends.
  set.apply({"in",
             as_bytes(std::format(R"({{"g":"z","v":0,"ts":{}}})", all.back().at + 80000 * second)),
             timestamp{all.back().at + 80000 * second},
             {}},
            out);
  auto told = payloads(std::move(out));
  std::erase_if(told, [](const auto& one) { return one.starts_with(R"({"g":"z")"); });
  return told;
}

TEST(Window, IsWhatAFoldOverAllMessagesSays) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const auto ordered = random_messages(seed, 0);
    const auto disordered = random_messages(seed, 15);
    const subject tumbling{"TUMBLINGWINDOW(ss, 10)", "", 0};
    EXPECT_EQ(run(tumbling, ordered, 0), reference_hop(ordered, 10 * second, 10 * second, 0)) << seed;
    EXPECT_EQ(run(tumbling, disordered, 0), reference_hop(disordered, 10 * second, 10 * second, 0)) << seed;
    const subject late{"TUMBLINGWINDOW(ss, 10)", "lateness = \"12s\"", 15};
    EXPECT_EQ(run(late, disordered, 0), reference_hop(disordered, 10 * second, 10 * second, 12 * second)) << seed;
    const subject hop{"HOPPINGWINDOW(ss, 60, 1)", "lateness = \"4s\"", 15};
    EXPECT_EQ(run(hop, disordered, 0), reference_hop(disordered, 60 * second, second, 4 * second)) << seed;
    const subject odd{"HOPPINGWINDOW(ss, 10, 4)", "", 0};
    EXPECT_EQ(run(odd, ordered, 0), reference_hop(ordered, 10 * second, 4 * second, 0)) << seed;
    EXPECT_EQ(run({"SLIDINGWINDOW(ss, 20)", "", 0}, ordered, 0), reference_sliding(ordered, 20 * second)) << seed;
    auto sessions = run({"SESSIONWINDOW(ss, 30, 7)", "", 0}, ordered, 0);
    auto wanted = reference_session(ordered, 30 * second, 7 * second);
    std::ranges::sort(sessions);
    std::ranges::sort(wanted);
    EXPECT_EQ(sessions, wanted) << seed;
  }
}

TEST(Window, ACrashAtAnyPointChangesNothing) {
  for (std::uint64_t seed = 11; seed <= 12; ++seed) {
    for (const auto& of : {subject{"TUMBLINGWINDOW(ss, 10)", "lateness = \"9s\"", 12},
                           subject{"HOPPINGWINDOW(ss, 60, 1)", "", 0}, subject{"HOPPINGWINDOW(ss, 10, 4)", "", 3},
                           subject{"SLIDINGWINDOW(ss, 20)", "", 0}, subject{"SESSIONWINDOW(ss, 30, 7)", "", 0},
                           subject{"COUNTWINDOW(5, 2)", "", 0}, subject{"COUNTWINDOW(3)", "", 0}}) {
      auto all = random_messages(seed, of.disorder_s);
      all.resize(120);
      const auto whole = run(of, all, 0);
      EXPECT_EQ(run(of, all, 1), whole) << of.window;
      EXPECT_EQ(run(of, all, 7), whole) << of.window;
    }
  }
}

TEST(Window, ASnapshotThatIsDamagedChangesNothing) {
  const auto select =
      "SELECT count(DISTINCT v) AS d, percentile(v, 0.9) AS p, last(v) AS l, twa(n) AS w, rate(n) AS r, "
      "avg(n) AS a, stddev(n) AS s, max(n) AS m FROM 'in/+' GROUP BY topic(2), HOPPINGWINDOW(ss, 60, 5)";
  auto set = load(select);
  for (int i = 0; i < 40; ++i)
    feed(set, 100 + i, std::format(R"({{"n":{},"v":{}}})", i, i * 7), i % 2 ? "in/a" : "in/b");
  byte_buffer good;
  set.snapshot(good);
  recorder out;
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= 0x10;
    EXPECT_FALSE(set.restore(bad, {}, out)) << i;
  }
  byte_buffer after;
  set.snapshot(after);
  EXPECT_EQ(after, good);
}

TEST(Window, StateGoesToTheRuleOfTheSameTextOnly) {
  constexpr std::string_view select = "SELECT count(*) AS n FROM 'in/+' GROUP BY TUMBLINGWINDOW(ss, 10)";
  auto before = load(select);
  feed(before, 101, "{}");
  byte_buffer snapshot;
  before.snapshot(snapshot);
  auto same = load(select);
  auto other = load(select, "description = \"changed\"");
  recorder out;
  ASSERT_TRUE(same.restore(snapshot, {}, out));
  ASSERT_TRUE(other.restore(snapshot, {}, out));
  EXPECT_EQ(same.next_deadline(0), timestamp{110 * second});
  EXPECT_EQ(advance(same, 110), lines{R"({"n":1})"});
  EXPECT_FALSE(other.next_deadline(0));
}

}  // namespace
}  // namespace perigee::rules

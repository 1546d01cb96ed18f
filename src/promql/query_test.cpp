#include <gtest/gtest.h>

#include <limits>

#include "base/limits.hpp"
#include "promql/fixture_test.hpp"

namespace perigee::promql {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Six minutes of two counters, one of which starts again, and three gauges.
memory_source machines() {
  memory_source out;
  out.add({{"__name__", "sent"}, {"device", "m1"}, {"line", "a"}}, {0, 60, 120, 180, 240, 300, 360});
  out.add({{"__name__", "sent"}, {"device", "m2"}, {"line", "b"}}, {0, 30, 60, 0, 30, 60, 90});
  out.add({{"__name__", "heat"}, {"device", "m1"}, {"line", "a"}}, {20, 21, 22, 23, 24, 25, 26});
  out.add({{"__name__", "heat"}, {"device", "m2"}, {"line", "b"}}, {30, 30, 31, 30, 29, 30, 30});
  out.add({{"__name__", "heat"}, {"device", "m3"}, {"line", "b"}}, {5, 5, 5, not_a_number, 5, 5, 5});
  return out;
}

struct question {
  const char* text;
  const char* answer;
};

template <std::size_t n>
void expect_answers(memory_source from, std::int64_t at, const question (&table)[n]) {
  for (const auto& [text, answer] : table) EXPECT_EQ(ask(from, text, at), answer) << text;
}

TEST(promql_query, selects_by_labels_and_time) {
  expect_answers(machines(), 360,
                 {{"heat{device=\"m1\"}", "heat{device=\"m1\", line=\"a\"} 26"},
                  {"heat{device!=\"m1\",device!~\"m[3-9]\"}", "heat{device=\"m2\", line=\"b\"} 30"},
                  {"{__name__=~\"se.*\",line=\"a\"}", "sent{device=\"m1\", line=\"a\"} 360"},
                  {"heat{device=~\"1\"}", ""},  // anchored
                  {"heat{absent=\"\",device=\"m1\"} offset 2m", "heat{device=\"m1\", line=\"a\"} 24"},
                  {"heat{device=\"m1\"} @ 60", "heat{device=\"m1\", line=\"a\"} 21"},
                  {"heat{device=\"m1\"} offset -1m @ 60", "heat{device=\"m1\", line=\"a\"} 22"},
                  {"heat{device=\"m1\"}[2m]", "heat{device=\"m1\", line=\"a\"} 25@300 26@360"},
                  {"heat{device=\"m1\"}[2m] @ end() offset 1m", "heat{device=\"m1\", line=\"a\"} 24@240 25@300"}});
}

TEST(promql_query, forgets_a_series_after_five_minutes) {
  auto from = machines();
  EXPECT_EQ(ask(from, "heat{device=\"m1\"}", 659), "heat{device=\"m1\", line=\"a\"} 26");
  EXPECT_EQ(ask(from, "heat{device=\"m1\"}", 660), "");
}

TEST(promql_query, windows) {
  expect_answers(machines(), 360,
                 {{"rate(sent{device=\"m1\"}[4m])", "{device=\"m1\", line=\"a\"} 1"},
                  {"increase(sent{device=\"m2\"}[4m])", "{device=\"m2\", line=\"b\"} 90"},  // from zero on
                  {"delta(heat{device=\"m1\"}[4m])", "{device=\"m1\", line=\"a\"} 4"},
                  {"irate(sent{device=\"m2\"}[5m])", "{device=\"m2\", line=\"b\"} 0.5"},
                  {"irate(sent{device=\"m2\"}[2m] @ 180)", "{device=\"m2\", line=\"b\"} 0"},
                  {"idelta(heat{device=\"m2\"}[5m] @ 240)", "{device=\"m2\", line=\"b\"} -1"},
                  {"deriv(heat{device=\"m1\"}[5m]) * 60", "{device=\"m1\", line=\"a\"} 1"},
                  {"predict_linear(heat{device=\"m1\"}[5m], 600)", "{device=\"m1\", line=\"a\"} 36"},
                  {"rate(sent{device=\"m1\"}[1m])", ""},
                  {"changes(heat[7m])",
                   "{device=\"m1\", line=\"a\"} 6; {device=\"m2\", line=\"b\"} 4; "
                   "{device=\"m3\", line=\"b\"} 2"},
                  {"resets(sent[7m])", "{device=\"m1\", line=\"a\"} 0; {device=\"m2\", line=\"b\"} 1"},
                  {"avg_over_time(heat{device=\"m1\"}[7m])", "{device=\"m1\", line=\"a\"} 23"},
                  {"min_over_time(heat[7m])",
                   "{device=\"m1\", line=\"a\"} 20; {device=\"m2\", line=\"b\"} 29; "
                   "{device=\"m3\", line=\"b\"} 5"},
                  {"max_over_time(heat{device=\"m3\"}[7m])", "{device=\"m3\", line=\"b\"} 5"},
                  {"sum_over_time(heat{device=\"m2\"}[7m])", "{device=\"m2\", line=\"b\"} 210"},
                  {"count_over_time(heat{device=\"m2\"}[7m])", "{device=\"m2\", line=\"b\"} 7"},
                  {"last_over_time(heat{device=\"m2\"}[7m])", "heat{device=\"m2\", line=\"b\"} 30"},
                  {"present_over_time(heat{device=\"m2\"}[7m])", "{device=\"m2\", line=\"b\"} 1"},
                  {"stdvar_over_time(heat{device=\"m1\"}[7m])", "{device=\"m1\", line=\"a\"} 4"},
                  {"stddev_over_time(heat{device=\"m1\"}[7m])", "{device=\"m1\", line=\"a\"} 2"},
                  {"quantile_over_time(0.25, heat{device=\"m1\"}[7m])", "{device=\"m1\", line=\"a\"} 21.5"},
                  {"quantile_over_time(2, heat{device=\"m1\"}[7m])", "{device=\"m1\", line=\"a\"} +Inf"}});
}

TEST(promql_query, stretches_a_rate_no_further_than_half_an_interval) {
  memory_source from;
  from.add({{"__name__", "late"}}, {10, 20, 30});
  // The samples end two minutes before the range does: 20 in 2 min, and half an interval behind; before them to zero.
  EXPECT_EQ(ask(from, "increase(late[10m])", 240), "{} 30");
  EXPECT_EQ(ask(from, "delta(late[10m])", 240), "{} 30");
}

TEST(promql_query, aggregates) {
  expect_answers(
      machines(), 360,
      {{"sum(heat)", "{} 61"},
       {"sum by (line) (heat)", "{line=\"a\"} 26; {line=\"b\"} 35"},
       {"avg(heat) without (device)", "{line=\"a\"} 26; {line=\"b\"} 17.5"},
       {"min(heat)", "{} 5"},
       {"max(heat)", "{} 30"},
       {"count(heat)", "{} 3"},
       {"group by (none) (heat)", "{} 1"},
       {"stdvar by (line) (heat)", "{line=\"a\"} 0; {line=\"b\"} 156.25"},
       {"stddev by (line) (heat{line=\"b\"})", "{line=\"b\"} 12.5"},
       {"quantile(0.5, heat)", "{} 26"},
       {"topk(1, heat)", "heat{device=\"m2\", line=\"b\"} 30"},
       {"bottomk by (line) (1, heat)", "heat{device=\"m1\", line=\"a\"} 26; heat{device=\"m3\", line=\"b\"} 5"},
       {"topk(-1, heat)", ""},
       {"topk(9, heat @ 180)",
        "heat{device=\"m2\", line=\"b\"} 30; heat{device=\"m1\", line=\"a\"} 23; "
        "heat{device=\"m3\", line=\"b\"} NaN"},
       {"count_values(\"v\", heat > bool 26)", "{v=\"0\"} 2; {v=\"1\"} 1"},
       {"count_values(\"0v\", heat)", "error: invalid label name \"0v\""},
       {"sum(nothing)", ""}});
}

TEST(promql_query, operators_of_numbers_and_vectors) {
  expect_answers(machines(), 360,
                 {{"heat{device=\"m1\"} * 2 + 1", "{device=\"m1\", line=\"a\"} 53"},
                  {"100 - heat{device=\"m1\"}", "{device=\"m1\", line=\"a\"} 74"},
                  {"heat > 26", "heat{device=\"m2\", line=\"b\"} 30"},
                  {"26 < heat", "heat{device=\"m2\", line=\"b\"} 30"},
                  {"heat{line=\"a\"} > bool 26", "{device=\"m1\", line=\"a\"} 0"},
                  {"-heat{line=\"a\"}", "{device=\"m1\", line=\"a\"} -26"},
                  {"heat{line=\"a\"} % 4 atan2 0", "{device=\"m1\", line=\"a\"} 1.5707963267948966"},
                  {"1 / 0", "+Inf"},
                  {"vector(3) ^ 2", "{} 9"},
                  {"scalar(heat{line=\"a\"}) + 1", "27"},
                  {"scalar(heat)", "NaN"}});
}

TEST(promql_query, matches_vectors) {
  expect_answers(
      machines(), 360,
      {{"sent / heat", "{device=\"m1\", line=\"a\"} 13.846153846153847; {device=\"m2\", line=\"b\"} 3"},
       {"sent > heat", "sent{device=\"m1\", line=\"a\"} 360; sent{device=\"m2\", line=\"b\"} 90"},
       {"sent < bool heat", "{device=\"m1\", line=\"a\"} 0; {device=\"m2\", line=\"b\"} 0"},
       {"sent + on (device) heat", "{device=\"m1\"} 386; {device=\"m2\"} 120"},
       {"sent - ignoring (line) heat", "{device=\"m1\"} 334; {device=\"m2\"} 60"},
       {"heat / on (line) group_left sum by (line) (heat)",
        "{device=\"m1\", line=\"a\"} 1; {device=\"m2\", line=\"b\"} 0.8571428571428571; "
        "{device=\"m3\", line=\"b\"} 0.14285714285714285"},
       {"sum by (line) (heat) - on (line) group_right heat",
        "{device=\"m1\", line=\"a\"} 0; {device=\"m2\", line=\"b\"} 5; {device=\"m3\", line=\"b\"} 30"},
       {"sum by (device) (heat) * on (device) group_left (line) sent",
        "{device=\"m1\", line=\"a\"} 9360; {device=\"m2\", line=\"b\"} 2700"},
       {"heat and sent", "heat{device=\"m1\", line=\"a\"} 26; heat{device=\"m2\", line=\"b\"} 30"},
       {"heat unless sent", "heat{device=\"m3\", line=\"b\"} 5"},
       {"sent{line=\"a\"} or on (device) heat",
        "sent{device=\"m1\", line=\"a\"} 360; heat{device=\"m2\", line=\"b\"} 30; heat{device=\"m3\", line=\"b\"} 5"},
       {"heat + on (line) heat",
        "error: found duplicate series for the match group {line=\"b\"} on the right hand-side of the operation: "
        "[heat{device=\"m3\", line=\"b\"}, heat{device=\"m2\", line=\"b\"}];many-to-many matching not allowed: "
        "matching labels must be unique on one side"},
       {"heat + on (line) sum by (line) (heat)",
        "error: multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"},
       {"{device=\"m1\"} * 2",
        "error: vector cannot contain metrics with the same labelset: {device=\"m1\", line=\"a\"}"}});
}

TEST(promql_query, functions_of_values) {
  memory_source from;
  from.add({{"__name__", "x"}, {"n", "1"}}, {-2.5}).add({{"__name__", "x"}, {"n", "2"}}, {4});
  expect_answers(from, 0,
                 {{"abs(x)", "{n=\"1\"} 2.5; {n=\"2\"} 4"},
                  {"ceil(x)", "{n=\"1\"} -2; {n=\"2\"} 4"},
                  {"floor(x)", "{n=\"1\"} -3; {n=\"2\"} 4"},
                  {"round(x)", "{n=\"1\"} -2; {n=\"2\"} 4"},
                  {"round(x, 0.5)", "{n=\"1\"} -2.5; {n=\"2\"} 4"},
                  {"sgn(x)", "{n=\"1\"} -1; {n=\"2\"} 1"},
                  {"sqrt(x)", "{n=\"1\"} NaN; {n=\"2\"} 2"},
                  {"log2(x{n=\"2\"})", "{n=\"2\"} 2"},
                  {"ln(exp(x))", "{n=\"1\"} -2.5; {n=\"2\"} 4"},
                  {"clamp(x, -1, 1)", "{n=\"1\"} -1; {n=\"2\"} 1"},
                  {"clamp(x, 1, -1)", ""},
                  {"clamp_min(x, 0)", "{n=\"1\"} 0; {n=\"2\"} 4"},
                  {"clamp_max(x, NaN)", "{n=\"1\"} NaN; {n=\"2\"} NaN"},
                  {"sort_desc(x)", "x{n=\"2\"} 4; x{n=\"1\"} -2.5"},
                  {"sort(-x)", "{n=\"2\"} -4; {n=\"1\"} 2.5"},
                  {"deg(vector(pi()))", "{} 180"}});
}

TEST(promql_query, functions_of_time) {
  auto from = machines();
  EXPECT_EQ(ask(from, "time()", 1'709'210'096), "1709210096");  // 2024-02-29T12:34:56Z, a Thursday
  for (const auto& [text, answer] : {question{"minute()", "{} 34"},
                                     {"hour()", "{} 12"},
                                     {"day_of_month()", "{} 29"},
                                     {"day_of_week(vector(time()))", "{} 4"},
                                     {"day_of_year()", "{} 60"},
                                     {"days_in_month()", "{} 29"},
                                     {"month()", "{} 2"},
                                     {"year()", "{} 2024"},
                                     {"year(vector(NaN))", "{} NaN"},
                                     {"hour(vector(1e300))", "{} NaN"}}) {
    EXPECT_EQ(ask(from, text, 1'709'210'096), answer) << text;
  }
  EXPECT_EQ(ask(from, "timestamp(heat{line=\"a\"})", 400), "{device=\"m1\", line=\"a\"} 360");
  EXPECT_EQ(ask(from, "timestamp(heat{line=\"a\"} + 0)", 400), "{device=\"m1\", line=\"a\"} 400");
}

TEST(promql_query, functions_of_labels) {
  expect_answers(
      machines(), 360,
      {{"label_replace(heat{line=\"a\"}, \"n\", \"no-${1}$$\", \"device\", \"m(.)\")",
        "heat{device=\"m1\", line=\"a\", n=\"no-1$\"} 26"},
       {"label_replace(heat{line=\"a\"}, \"n\", \"$num\", \"device\", \"m(?P<num>.)\")",
        "heat{device=\"m1\", line=\"a\", n=\"1\"} 26"},
       {"label_replace(heat{line=\"a\"}, \"n\", \"x\", \"device\", \"1\")", "heat{device=\"m1\", line=\"a\"} 26"},
       {"label_replace(heat{line=\"a\"}, \"line\", \"\", \"\", \"\")", "heat{device=\"m1\"} 26"},
       {"label_replace(heat, \"device\", \"\", \"\", \"\")",
        "error: vector cannot contain metrics with the same labelset: heat{line=\"b\"}"},
       {"label_replace(heat, \"0\", \"\", \"\", \"\")", "error: invalid destination label name in label_replace(): 0"},
       {"label_replace(heat, \"n\", \"\", \"\", \"(\")",
        "error: invalid regular expression in label_replace(): error parsing regexp: missing ): ("},
       {"label_join(heat{line=\"a\"}, \"n\", \"-\", \"line\", \"device\")",
        "heat{device=\"m1\", line=\"a\", n=\"a-m1\"} 26"},
       {"absent(heat)", ""},
       {"absent(cold{line=\"a\",x=~\"b\",y=\"1\",y=\"2\"})", "{line=\"a\"} 1"},
       {"absent_over_time(cold{line=\"a\"}[5m])", "{line=\"a\"} 1"},
       {"absent_over_time(heat[5m])", ""}});
}

TEST(promql_query, quantiles_of_histograms) {
  memory_source from;
  const auto bucket = [&from](const char* le, double count) {
    from.add({{"__name__", "took_bucket"}, {"le", le}, {"job", "a"}}, {count});
  };
  bucket("0.1", 10);
  bucket("0.2", 30);
  bucket("1", 40);
  bucket("+Inf", 40);
  from.add({{"__name__", "took_bucket"}, {"le", "odd"}, {"job", "a"}}, {7});
  expect_answers(from, 0,
                 {{"histogram_quantile(0.5, took_bucket)", "{job=\"a\"} 0.15000000000000002"},
                  {"histogram_quantile(0.125, took_bucket)", "{job=\"a\"} 0.05"},
                  {"histogram_quantile(1, took_bucket)", "{job=\"a\"} 1"},
                  {"histogram_quantile(-1, took_bucket)", "{job=\"a\"} -Inf"},
                  {"histogram_quantile(0.5, took_bucket{le!=\"+Inf\"})", "{job=\"a\"} NaN"}});
}

TEST(promql_query, ranges_and_subqueries) {
  auto from = machines();
  EXPECT_EQ(ask_range(from, "heat{line=\"a\"}", 60, 240, 90), "heat{device=\"m1\", line=\"a\"} 21@60 22@150 24@240");
  EXPECT_EQ(ask_range(from, "time() / 2", 0, 20, 10), "{} 0@0 5@10 10@20");
  EXPECT_EQ(ask_range(from, "heat @ start()", 60, 120, 60),
            "heat{device=\"m1\", line=\"a\"} 21@60 21@120; heat{device=\"m2\", line=\"b\"} 30@60 30@120; "
            "heat{device=\"m3\", line=\"b\"} 5@60 5@120");
  EXPECT_EQ(ask_range(from, "heat{line=\"a\"} > 23", 180, 300, 60), "heat{device=\"m1\", line=\"a\"} 24@240 25@300");
  // Evaluated at 120, 180, 240 ... whatever the instants around are.
  EXPECT_EQ(ask(from, "heat{line=\"a\"}[3m:1m]", 250), "heat{device=\"m1\", line=\"a\"} 22@120 23@180 24@240");
  EXPECT_EQ(ask(from, "max_over_time(rate(sent{line=\"a\"}[2m])[3m:])", 360), "{device=\"m1\", line=\"a\"} 1");
  EXPECT_EQ(ask_range(from, "sum_over_time(heat{line=\"a\"}[2m:1m])", 125, 245, 60),
            "{device=\"m1\", line=\"a\"} 43@125 45@185 47@245");
  EXPECT_EQ(ask(from, "sum_over_time(heat{line=\"a\"}[2m:1m] offset 1m)", 305), "{device=\"m1\", line=\"a\"} 47");
  EXPECT_EQ(from.selections, 7);  // once each, however many instants
}

TEST(promql_query, bounds_what_it_does) {
  auto from = machines();
  EXPECT_EQ(ask_range(from, "heat", 0, limits::promql_steps_max, 1),
            "error: exceeded maximum resolution of 11000 points per timeseries. Try decreasing the query resolution "
            "(?step=XX)");
  EXPECT_EQ(ask_range(from, "heat[5m]", 0, 10, 1),
            "error: invalid expression type \"range vector\" for range query, must be scalar or instant vector");
  from.add({{"__name__", "long"}}, std::vector<double>(limits::promql_samples_max + 1), 1);
  EXPECT_EQ(ask(from, "count_over_time(long[1y])", limits::promql_samples_max),
            "error: the query needs over 2000000 samples: ask for a shorter range, fewer series or a wider step");
  from.spent = true;
  EXPECT_EQ(ask_range(from, "heat", 0, 100, 1), "error: query timed out in expression evaluation");
}

TEST(promql_query, no_regular_expression_takes_long) {
  memory_source from;
  from.add({{"__name__", "x"}, {"a", std::string(2000, 'a')}}, {1});
  EXPECT_EQ(ask(from, "x{a=~\"(a*)*(a*)*(a+)+b\"}", 0), "");
  EXPECT_NE(ask(from, "x{a=~\"((a{100}){100}){100}\"}", 0).find("error parsing regexp"), std::string::npos);
}

}  // namespace
}  // namespace perigee::promql

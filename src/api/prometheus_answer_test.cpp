#include "api/prometheus_answer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace perigee::api {
namespace {

/// Two series with a sample every ten seconds from 0 to 100.
class some_series final : public promql::catalog {
 public:
  promql::outcome<std::vector<promql::series>> select(const promql::selection& what) override {
    PG_TRY(const auto found, list(what));
    std::vector<promql::series> out;
    for (const auto& labels : found) {
      auto& made = out.emplace_back(labels, std::vector<promql::sample>());
      for (std::int64_t t = 0; t <= 100'000; t += 10'000) {
        if (t > what.after_ms && t <= what.until_ms) made.samples.push_back({t, static_cast<double>(t) / 10'000 + 0.5});
      }
    }
    return out;
  }
  promql::outcome<std::vector<promql::labels>> list(const promql::selection& what) override {
    std::vector<promql::labels> out;
    for (const auto* device : {"m\"1", "m2"}) {
      const promql::labels made{{"__name__", "heat"}, {"device", device}};
      const auto fits = [&made](const promql::matcher& m) { return m.matches(made.get(m.name())); };
      if (std::ranges::all_of(what.matchers, fits)) out.push_back(made);
    }
    return out;
  }
  bool out_of_time() override { return spent; }
  bool spent = false;
};

struct call {
  prometheus_arguments given;
  unsigned status;
  std::string body;
};

TEST(prometheus_answer, query) {
  some_series from;
  const call table[] = {
      {{{"query", "heat"}, {"time", "20.25"}},
       200,
       R"({"status":"success","data":{"resultType":"vector","result":[)"
       R"({"metric":{"__name__":"heat","device":"m\"1"},"value":[20.250,"2.5"]},)"
       R"({"metric":{"__name__":"heat","device":"m2"},"value":[20.250,"2.5"]}]}})"},
      {{{"query", "heat{device=\"m2\"}[20s]"}, {"time", "1970-01-01T00:00:20Z"}},
       200,
       R"({"status":"success","data":{"resultType":"matrix","result":[)"
       R"({"metric":{"__name__":"heat","device":"m2"},"values":[[10,"1.5"],[20,"2.5"]]}]}})"},
      {{{"query", "1+1"}}, 200, R"({"status":"success","data":{"resultType":"scalar","result":[7,"2"]}})"},
      {{{"query", "\"a\nb\""}, {"time", "-1.5"}},
       400,
       R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:1: parse error: )"
       R"(unterminated quoted string"})"},
      {{{"query", "'a'"}, {"time", "-1.5"}},
       200,
       R"({"status":"success","data":{"resultType":"string","result":[-1.500,"a"]}})"},
      {{{"query", "'a\\xff'"}},  // a text that JSON cannot carry
       200,
       "{\"status\":\"success\",\"data\":{\"resultType\":\"string\",\"result\":[7,\"a\xef\xbf\xbd\"]}}"},
      {{},
       400,
       R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:1: parse error: )"
       R"(no expression found in input"})"},
      {{{"query", "heat"}, {"time", "soon"}},
       400,
       R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"time\": )"
       R"(cannot parse \"soon\" to a valid timestamp"})"},
      {{{"query", "heat * on () heat"}, {"time", "20"}},
       422,
       R"({"status":"error","errorType":"execution","error":"found duplicate series for the match group {} on the )"
       R"(right hand-side of the operation: [heat{device=\"m2\"}, heat{device=\"m\"1\"}];many-to-many matching not )"
       R"(allowed: matching labels must be unique on one side"})"},
  };
  for (const auto& [given, status, body] : table) {
    const auto got = answer_query(given, {7'000'000'000}, from);
    EXPECT_EQ(got.status, status) << got.body;
    EXPECT_EQ(got.body, body);
  }
}

TEST(prometheus_answer, query_range) {
  some_series from;
  const prometheus_arguments good{{"query", "sum(heat)"}, {"start", "10"}, {"end", "30"}, {"step", "10s"}};
  EXPECT_EQ(answer_query_range(good, from).body, R"({"status":"success","data":{"resultType":"matrix","result":[)"
                                                 R"({"metric":{},"values":[[10,"3"],[20,"5"],[30,"7"]]}]}})");
  const auto error_of = [&](std::string_view name, const char* value) {
    auto given = good;
    given.erase(std::string(name));
    if (value != nullptr) given.emplace(name, value);
    const auto got = answer_query_range(given, from);
    EXPECT_EQ(got.status, 400U);
    return got.body.substr(got.body.find("\"error\":") + 8);
  };
  EXPECT_EQ(error_of("start", nullptr), R"("invalid parameter \"start\": cannot parse \"\" to a valid timestamp"})");
  EXPECT_EQ(error_of("end", "9"), R"("invalid parameter \"end\": end timestamp must not be before start time"})");
  EXPECT_EQ(error_of("step", "0"), R"("invalid parameter \"step\": zero or negative query resolution step widths are )"
                                   R"(not accepted. Try a positive number of seconds"})");
  EXPECT_EQ(error_of("step", "x"),
            R"("invalid parameter \"step\": \"x\" is not a valid duration: write 15s, 5m or 1h30m"})");
  EXPECT_EQ(error_of("step", "0.001"),
            R"x("exceeded maximum resolution of 11000 points per timeseries. Try decreasing the query resolution )x"
            R"x((?step=XX)"})x");
  from.spent = true;
  EXPECT_EQ(answer_query_range({{"query", "heat"}, {"start", "0"}, {"end", "100"}, {"step", "1"}}, from).status, 503U);
}

TEST(prometheus_answer, labels_and_series) {
  some_series from;
  EXPECT_EQ(answer_labels({}, from).body, R"({"status":"success","data":["__name__","device"]})");
  EXPECT_EQ(answer_labels({{"match[]", "cold"}}, from).body, R"({"status":"success","data":[]})");
  EXPECT_EQ(answer_label_values("device", {}, from).body, R"({"status":"success","data":["m2","m\"1"]})");
  EXPECT_EQ(answer_label_values("device", {{"match[]", "{device=\"m2\"}"}, {"match[]", "cold"}}, from).body,
            R"({"status":"success","data":["m2"]})");
  EXPECT_EQ(answer_label_values("device", {{"limit", "1"}}, from).body,
            R"({"status":"success","data":["m2"],"warnings":["results truncated due to limit"]})");
  EXPECT_EQ(answer_label_values("a-b", {}, from).status, 400U);
  EXPECT_EQ(answer_labels({{"limit", "-1"}}, from).status, 400U);
  EXPECT_EQ(answer_series({}, from).status, 400U);
  EXPECT_EQ(answer_series({{"match[]", "1"}}, from).status, 400U);
  EXPECT_EQ(
      answer_series({{"match[]", "heat"}, {"match[]", "{device=\"m2\"}"}, {"start", "0"}, {"end", "100"}}, from).body,
      R"({"status":"success","data":[{"__name__":"heat","device":"m\"1"},{"__name__":"heat","device":"m2"}]})");
}

TEST(prometheus_answer, metadata) {
  constexpr auto text =
      "# HELP a_total What \"a\" is.\n# TYPE a_total counter\na_total 1\n# HELP b B.\n# TYPE b gauge\nb 1\n";
  EXPECT_EQ(answer_metadata({}, text).body,
            R"({"status":"success","data":{"a_total":[{"type":"counter","help":"What \"a\" is.","unit":""}],)"
            R"("b":[{"type":"gauge","help":"B.","unit":""}]}})");
  EXPECT_EQ(answer_metadata({{"metric", "b"}}, text).body,
            R"({"status":"success","data":{"b":[{"type":"gauge","help":"B.","unit":""}]}})");
  EXPECT_EQ(answer_metadata({{"limit", "1"}}, text).body,
            R"({"status":"success","data":{"a_total":[{"type":"counter","help":"What \"a\" is.","unit":""}]}})");
}

}  // namespace
}  // namespace perigee::api

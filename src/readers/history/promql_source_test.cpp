#include "readers/history/promql_source.hpp"

#include <gtest/gtest.h>

#include <format>

#include "base/limits.hpp"
#include "promql/query.hpp"
#include "sqlite/temporary_folder_test.hpp"

namespace perigee::readers::history {
namespace {

/// A clock that a test moves.
class moved_time final : public time_source {
 public:
  [[nodiscard]] nanoseconds monotonic() const noexcept override { return now; }
  [[nodiscard]] timestamp wall() const noexcept override { return {now.count()}; }
  [[nodiscard]] bool simulated() const noexcept override { return true; }
  nanoseconds now{};
};

class promql_source_test : public testing::Test {
 protected:
  void SetUp() override {
    clock::install(time_);
    reopen();
  }
  void reopen() {
    store_.reset();
    journal::lineage lives{epoch(1), {}};
    for (auto& lane : lives.lanes) lane.begin(epoch(1), log_offset(0));
    auto opened = store::open({.path = folder_ / "history.db", .node = "edge-1", .journal = std::move(lives)});
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = *std::move(opened);
  }
  /// A message on the topic `device`, its time in seconds.
  void put(std::string_view device, double seconds, std::string_view fields) {
    const auto payload = std::format("{{{}}}", fields);
    model::record_view r;
    r.topic = device;
    r.arrival = {static_cast<std::int64_t>(seconds * 1e9)};
    r.payload = as_bytes(payload);
    record_block block;
    block.add(log_offset(next_++), r);
    ASSERT_TRUE(store_->stage(block));
    ASSERT_TRUE(store_->commit());
  }
  void note(double seconds, std::initializer_list<own_sample> samples) {
    const std::vector<own_sample> all(samples);
    ASSERT_TRUE(store_->note_own({static_cast<std::int64_t>(seconds * 1e9)}, all));
  }
  std::string ask(std::string_view text, std::int64_t seconds) {
    const auto asked = promql::query::parse(text);
    if (!asked) return asked.error().message;
    promql_source from(*store_, "edge-1");
    const auto found = asked->at(from, seconds * 1000);
    if (!found) return found.error().message;
    std::string out;
    for (const auto& each : found->series) {
      out += each.labels.text();
      for (const auto& s : each.samples) out += std::format(" {}@{}", promql::to_text(s.value), s.time_ms);
      out += ";";
    }
    return out;
  }

  moved_time time_;
  sqlite::temporary_folder folder_;
  std::unique_ptr<store> store_;
  std::uint64_t next_ = 0;
};

TEST_F(promql_source_test, a_reading_is_a_sample_of_its_device) {
  put("site/m1", 10, R"("oil.temp":50.5,"ok":true,"name":"press")");
  put("site/m1", 20, R"("oil.temp":51)");
  put("site/m2", 20, R"("oil.temp":60)");
  EXPECT_EQ(ask("oil_temp", 30), R"(oil_temp{device="site/m1", metric="oil.temp", node="edge-1"} 51@30000;)"
                                 R"(oil_temp{device="site/m2", metric="oil.temp", node="edge-1"} 60@30000;)");
  EXPECT_EQ(ask("oil_temp{device=~\".*1\"}[1m]", 30),
            R"(oil_temp{device="site/m1", metric="oil.temp", node="edge-1"} 50.5@10000 51@20000;)");
  EXPECT_EQ(ask("ok", 30), R"(ok{device="site/m1", metric="ok", node="edge-1"} 1@30000;)");
  EXPECT_EQ(ask("name", 30), "");  // a text is no number
}

TEST_F(promql_source_test, samples_stand_in_order_and_once_a_millisecond) {
  put("m", 30, R"("x":3)");
  put("m", 10, R"("x":1)");
  put("m", 20, R"("x":2)");
  put("m", 20.0000001, R"("x":2.5)");
  EXPECT_EQ(ask("x[1m]", 40), R"(x{device="m", metric="x", node="edge-1"} 1@10000 2.5@20000 3@30000;)");
}

TEST_F(promql_source_test, own_metrics_are_there_before_and_after_they_are_written) {
  note(15, {{"perigee_sent_total", "lane=\"bulk\",n=\"a\\\"b\"", 5}, {"up", "", 1}});
  note(30, {{"perigee_sent_total", "lane=\"bulk\",n=\"a\\\"b\"", 20}, {"up", "", 1}});
  const std::string both = R"(perigee_sent_total{lane="bulk", n="a"b", node="edge-1"} 5@15000 20@30000;)";
  EXPECT_EQ(ask("perigee_sent_total[1m]", 30), both);
  note(200, {{"up", "", 1}});  // two minutes later they are written
  EXPECT_EQ(ask("perigee_sent_total[1m]", 30), both);
  note(215, {{"perigee_sent_total", "lane=\"bulk\",n=\"a\\\"b\"", 21}});
  reopen();  // which writes what is left
  EXPECT_EQ(ask("perigee_sent_total[10m]", 300),
            R"(perigee_sent_total{lane="bulk", n="a"b", node="edge-1"} 5@15000 20@30000 21@215000;)");
  EXPECT_EQ(ask("rate(perigee_sent_total[20s])", 32), "{lane=\"bulk\", n=\"a\"b\", node=\"edge-1\"} 1@32000;");
}

TEST_F(promql_source_test, own_metrics_are_no_readings) {
  note(15, {{"up", "", 1}});
  note(200, {{"up", "", 1}});
  EXPECT_TRUE(store_->series()->empty());
  EXPECT_EQ(store_->totals()->series, 0U);
  EXPECT_EQ(store_->totals()->readings, 0U);
  EXPECT_FALSE(store_->find("", "up"));
}

TEST_F(promql_source_test, own_metrics_go_with_retention_and_come_again) {
  note(15, {{"up", "", 1}});
  note(200, {{"up", "", 2}});
  note(215, {{"up", "", 3}});
  ASSERT_TRUE(store_->retain({1'000'000'000'000}));
  EXPECT_EQ(ask("up[1h]", 1000), "");
  put("m", 1000, R"("x":1)");  // takes the row that the chunk had
  note(1015, {{"up", "", 4}});
  note(1200, {{"up", "", 5}});
  EXPECT_EQ(ask("up[1h]", 1200), R"(up{node="edge-1"} 4@1015000 5@1200000;)");
  EXPECT_EQ(ask("x[1h]", 1200), R"(x{device="m", metric="x", node="edge-1"} 1@1000000;)");
}

TEST_F(promql_source_test, own_series_are_bounded) {
  std::vector<own_sample> many;
  for (std::uint32_t i = 0; i < limits::history_own_series_max + 10; ++i)
    many.push_back({"up", std::format("n=\"{}\"", i), 1});
  ASSERT_TRUE(store_->note_own({1'000'000'000}, many));
  EXPECT_EQ(ask("count(up)", 1), "{} 2000@1000;");
}

TEST_F(promql_source_test, a_block_that_is_staged_is_left_alone) {
  record_block block;
  model::record_view r;
  r.topic = "m";
  r.payload = as_bytes("{\"x\":1}");
  block.add(log_offset(next_++), r);
  ASSERT_TRUE(store_->stage(block));
  EXPECT_FALSE(store_->note_own({1}, std::vector<own_sample>{{"up", "", 1}}));
  EXPECT_TRUE(store_->commit());
}

TEST_F(promql_source_test, gives_up_when_its_time_is_over) {
  put("m", 10, R"("x":1)");
  const auto asked = promql::query::parse("x");
  store_->answer_within({.until = clock::now()});
  promql_source from(*store_, "edge-1");
  const auto found = asked->at(from, 10'000);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().what, promql::fault::kind::timeout);
}

TEST_F(promql_source_test, lists_series_that_may_have_samples_then) {
  put("m1", 10, R"("x":1)");
  put("m2", 1000, R"("x":1)");
  promql_source from(*store_, "edge-1");
  const auto some = promql::parse_selector("x");
  EXPECT_EQ(from.list({.matchers = *some, .after_ms = 0, .until_ms = 2'000'000})->size(), 2U);
  EXPECT_EQ(from.list({.matchers = *some, .after_ms = INT64_MIN, .until_ms = INT64_MAX})->size(), 2U);
  const auto late = from.list({.matchers = *some, .after_ms = 500'000, .until_ms = 2'000'000});
  ASSERT_EQ(late->size(), 1U);
  EXPECT_EQ(late->front().get("device"), "m2");
}

}  // namespace
}  // namespace perigee::readers::history

#include "readers/history/history_reader.hpp"

#include <gtest/gtest.h>

#include <format>
#include <latch>
#include <utility>
#include <vector>

#include "io/memory_disk.hpp"
#include "io/shard.hpp"
#include "promql/query.hpp"
#include "readers/history/promql_source.hpp"
#include "sqlite/temporary_folder_test.hpp"

namespace perigee::readers::history {
namespace {

using namespace std::chrono_literals;

constexpr timestamp forever{std::numeric_limits<std::int64_t>::max()};

/// Runs jobs in place, or holds them until it is let go.
class held_worker final : public io::worker {
 public:
  void submit(work job, work done) override {
    if (holds) return waiting_.push_back({std::move(job), std::move(done)});
    job();
    done();
  }
  void let_go() {
    holds = false;
    for (auto& [job, done] : std::exchange(waiting_, {})) submit(std::move(job), std::move(done));
  }
  bool holds = false;

 private:
  std::vector<std::pair<work, work>> waiting_;
};

class history_reader_test : public testing::Test {
 protected:
  void SetUp() override {
    clock::install(time_);
    journal::recovery_report found;
    auto opened = journal::journal::open(
        disk_, worker_,
        {.folder = "journal", .node = "edge-1", .new_epoch = epoch(5), .new_life = epoch(5), .metrics = metrics_},
        found);
    ASSERT_TRUE(opened) << opened.error().what;
    log_ = *std::move(opened);
    reopen();
  }
  void TearDown() override {
    reader_.reset();
    aside_.reset();
    log_.reset();
  }
  void reopen() {
    reader_.reset();
    auto kept = quarantine::keeper::open(disk_, aside_worker_, {"aside", epoch(6), metrics_});
    ASSERT_TRUE(kept) << kept.error().what;
    aside_ = *std::move(kept);
    auto opened = history_reader::open(shard_, worker_, *log_,
                                       {.path = folder_ / "history.db", .aside = *aside_, .metrics = metrics_});
    ASSERT_TRUE(opened) << opened.error().what;
    reader_ = *std::move(opened);
  }
  void append(model::lane to, std::string_view payload) {
    model::record_view r;
    r.lane = to;
    r.topic = "plant/press-4";
    r.source = "press-4";
    r.payload = as_bytes(payload);
    ASSERT_TRUE(log_->append(r));
  }
  bool step() {
    const auto stored = std::make_shared<bool>(false);  // the answer may come late
    reader_->step([stored](bool more) { *stored = more; });
    return *stored;
  }
  std::uint64_t readings() {
    std::uint64_t out = 0;
    reader_->ask(1s, [&out](store& s) { out = s.totals().value_or(history_totals{}).readings; }, [] {});
    while (shard_.poll()) {
    }
    return out;
  }

  io::virtual_time time_;
  io::shard shard_;
  io::memory_disk disk_;
  io::inline_worker worker_;
  metrics::registry metrics_;
  sqlite::temporary_folder folder_;
  held_worker aside_worker_;
  std::unique_ptr<quarantine::keeper> aside_;
  std::unique_ptr<journal::journal> log_;
  std::unique_ptr<history_reader> reader_;
};

TEST_F(history_reader_test, stores_each_lane_and_then_has_nothing_to_do) {
  for (int i = 0; i < 10; ++i) append(model::lane::bulk, std::format(R"({{"t":{}}})", i));
  append(model::lane::alarm, R"({"hot":true})");
  EXPECT_EQ(reader_->behind(), 11U);
  EXPECT_TRUE(step());
  EXPECT_EQ(readings(), 1U);  // the alarm came first
  EXPECT_TRUE(step());
  EXPECT_FALSE(step());
  EXPECT_EQ(readings(), 11U);
  EXPECT_EQ(reader_->behind(), 0U);
}

TEST_F(history_reader_test, goes_on_after_a_restart_where_it_was) {
  append(model::lane::bulk, R"({"t":1})");
  EXPECT_TRUE(step());
  append(model::lane::bulk, R"({"t":2})");
  reopen();
  EXPECT_EQ(reader_->behind(), 1U);
  EXPECT_TRUE(step());
  EXPECT_EQ(readings(), 2U);
}

TEST_F(history_reader_test, passes_what_it_cannot_read_when_that_is_durable_elsewhere_and_not_before) {
  append(model::lane::bulk, R"({"t":1})");
  append(model::lane::bulk, "no number");
  aside_worker_.holds = true;
  EXPECT_FALSE(step());
  EXPECT_EQ(reader_->behind(), 2U);
  aside_worker_.let_go();
  EXPECT_EQ(reader_->behind(), 0U);
  reopen();
  EXPECT_FALSE(step());
  ASSERT_EQ(aside_->list().size(), 1U);
  EXPECT_EQ(aside_->list()[0].who.offset, log_offset(1));
  EXPECT_EQ(aside_->list()[0].reason, "the payload is neither a JSON object nor a number");
}

TEST_F(history_reader_test, a_crash_before_its_commit_sets_nothing_aside_twice) {
  append(model::lane::bulk, "no number");
  aside_worker_.holds = true;
  EXPECT_FALSE(step());
  reader_.reset();  // nothing is committed
  aside_worker_.let_go();
  reopen();
  EXPECT_TRUE(step());
  EXPECT_EQ(aside_->list().size(), 1U);
  EXPECT_EQ(reader_->behind(), 0U);
}

TEST_F(history_reader_test, tries_again_between_two_blocks) {
  append(model::lane::bulk, "no number");
  EXPECT_TRUE(step());
  result<> answer;
  aside_->retry(1, clock::wall(), [&answer](result<> how) { answer = how; });
  append(model::lane::bulk, R"({"t":1})");
  EXPECT_TRUE(step());
  EXPECT_FALSE(answer);
  EXPECT_EQ(aside_->list().at(0).retries, 1U);
  EXPECT_TRUE(step());
  EXPECT_EQ(readings(), 1U);
}

TEST_F(history_reader_test, a_long_question_holds_up_neither_storing_nor_the_next_question) {
  io::install_real_clock();  // and with it threads
  reopen();
  append(model::lane::bulk, R"({"t":1})");
  ASSERT_TRUE(step());
  std::latch reads(1);
  std::latch goes_on(1);
  std::vector<std::string> events;
  std::vector<double> seen;
  reader_->ask(
      1h,
      [&](store& in) {
        const auto of = in.find("plant/press-4", "t").value_or(series_id());
        const auto read = in.numbers(
            of, {}, forever, [](timestamp, timestamp) { return true; },
            [&](const model::number_columns& rows) {
              reads.count_down();
              goes_on.wait();
              seen.assign(rows.values.begin(), rows.values.end());
              return true;
            });
        EXPECT_TRUE(read);
      },
      [&events] { events.emplace_back("the long one is answered"); });
  reads.wait();
  append(model::lane::bulk, R"({"t":2})");
  if (step()) events.emplace_back("stored");
  std::uint64_t stored = 0;
  reader_->ask(
      1h, [&stored](store& in) { stored = in.totals().value_or(history_totals{}).readings; },
      [&events] { events.emplace_back("the next one is answered"); });
  while (events.size() < 2) shard_.poll();
  goes_on.count_down();
  while (events.size() < 3) shard_.poll();
  EXPECT_EQ(events, (std::vector<std::string>{"stored", "the next one is answered", "the long one is answered"}));
  EXPECT_EQ(seen, std::vector<double>{1}) << "of what was stored when it began";
  EXPECT_EQ(stored, 2U);
}

TEST_F(history_reader_test, a_question_under_way_is_given_up_at_the_end) {
  io::install_real_clock();
  reopen();
  append(model::lane::bulk, R"({"t":1})");
  ASSERT_TRUE(step());
  std::latch reads(1);
  result<> read;
  reader_->ask(
      1h,
      [&](store& in) {
        reads.count_down();
        const auto of = in.find("plant/press-4", "t").value_or(series_id());
        while (read) read = in.scan(of, {}, forever, [](const model::chunk_row&) {});
      },
      [] {});
  reads.wait();
  reader_.reset();
  ASSERT_FALSE(read);
  EXPECT_TRUE(is(read.error(), errc::timed_out)) << read.error().what;
}

TEST_F(history_reader_test, own_metrics_are_seen_before_they_are_written) {
  reader_->note_own({15'000'000'000}, {{"up", "", 1}});
  reader_->note_own({30'000'000'000}, {{"up", "", 2}});
  const auto asked = promql::query::parse("up[1m]");
  std::string got;
  reader_->ask(
      1s,
      [&](store& in) {
        promql_source from(in, "edge-1");
        const auto answer = asked->at(from, 30'000);
        ASSERT_TRUE(answer) << answer.error().message;
        for (const auto& s : answer->series.at(0).samples) got += std::format("{}@{} ", s.value, s.time_ms);
      },
      [] {});
  while (shard_.poll()) {
  }
  EXPECT_EQ(got, "1@15000 2@30000 ");
}

}  // namespace
}  // namespace perigee::readers::history

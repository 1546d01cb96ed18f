#include "readers/history/history_reader.hpp"

#include <gtest/gtest.h>

#include <format>

#include "io/memory_disk.hpp"
#include "io/shard.hpp"
#include "readers/history/temporary_folder_test.hpp"

namespace perigee::readers::history {
namespace {

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
    log_.reset();
  }
  void reopen() {
    reader_.reset();
    auto opened = history_reader::open(shard_, worker_, *log_, {.path = folder_ / "history.db", .metrics = metrics_});
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
    bool stored = false;
    reader_->step([&stored](bool more) { stored = more; });
    return stored;
  }
  std::uint64_t readings() {
    std::uint64_t out = 0;
    reader_->ask([&out](store& s) { out = s.totals().value_or(history_totals{}).readings; }, [] {});
    return out;
  }

  io::virtual_time time_;
  io::shard shard_;
  io::memory_disk disk_;
  io::inline_worker worker_;
  metrics::registry metrics_;
  temporary_folder folder_;
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

TEST_F(history_reader_test, counts_what_it_sets_aside) {
  append(model::lane::bulk, "no number");
  EXPECT_TRUE(step());
  EXPECT_NE(metrics_.exposition().find("perigee_history_quarantined_total 1"), std::string::npos);
}

}  // namespace
}  // namespace perigee::readers::history

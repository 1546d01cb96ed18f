#include "cli/demo_count.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <format>

#include "io/memory_disk.hpp"
#include "node/ledger.hpp"

namespace perigee::cli {
namespace {

namespace history = readers::history;

constexpr std::int64_t start_ms = 1'764'000'000'000;
const demo_device motor = {"motor-1", "site/edge-1/motor-1", "edge-1"};

/// A sensor's ledger and a cloud's history that a test fills apart.
class demo_count_test : public testing::Test {
 protected:
  demo_count_test() {
    folder_ = testing::TempDir() + "pg_count_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    journal::lineage journal{epoch(3), {}};
    for (auto& lane : journal.lanes) lane.begin(epoch(3), log_offset(0));
    auto opened = history::store::open({.path = folder_ + "/history.db", .node = "cloud", .journal = journal});
    EXPECT_TRUE(opened);
    history_ = std::move(*opened);
    auto ledger = node::ledger::open(disk_, "ledger", motor.name);
    EXPECT_TRUE(ledger);
    ledger_ = std::make_unique<node::ledger>(std::move(*ledger));
  }
  ~demo_count_test() override {
    history_.reset();
    std::filesystem::remove_all(folder_);
  }

  /// Two readings, a second after those before.
  void acknowledge(std::uint64_t number) {
    const timestamp time{(start_ms + static_cast<std::int64_t>(number) * 1000) * 1'000'000};
    ASSERT_TRUE(ledger_->add(node::acked_reading{epoch(7), sequence(number), time, 2}));
  }
  void store(std::uint64_t number, bool stamped = true) {
    model::record r;
    r.topic = motor.topic;
    r.payload = to_buffer(as_bytes(std::format(R"({{"ts":{},"speed":{}.5,"load":0.75}})",
                                               start_ms + static_cast<std::int64_t>(number) * 1000, number)));
    r.source = motor.name;
    if (stamped) r.epoch = epoch(7);
    if (stamped) r.sequence = sequence(number);
    history::record_block block;
    block.add(next_, r.view());
    next_ = next_.next();
    ASSERT_TRUE(history_->stage(block));
    ASSERT_TRUE(history_->commit());
  }
  demo_count count() {
    auto counted = count_site(disk_, "ledger", {motor}, *history_);
    EXPECT_TRUE(counted);
    return counted.value_or(demo_count{});
  }

  std::string folder_;
  io::memory_disk disk_;
  std::unique_ptr<history::store> history_;
  std::unique_ptr<node::ledger> ledger_;
  log_offset next_{};
};

TEST_F(demo_count_test, all_there_once) {
  for (std::uint64_t n = 1; n <= 100; ++n) {
    acknowledge(n);
    store(n);
  }
  const auto counted = count();
  EXPECT_EQ(counted.produced, 200U);
  EXPECT_EQ(counted.stored, 200U);
  EXPECT_EQ(counted.lost, 0U);
  EXPECT_EQ(counted.duplicated, 0U);
  EXPECT_GT(counted.json_bytes, 200U * 70);
}

TEST_F(demo_count_test, what_was_acknowledged_and_is_not_there_is_lost) {
  for (std::uint64_t n = 1; n <= 10; ++n) acknowledge(n);
  for (std::uint64_t n = 1; n <= 9; ++n) store(n);
  EXPECT_EQ(count().lost, 2U);
}

TEST_F(demo_count_test, what_is_there_twice_is_doubled) {
  for (std::uint64_t n = 1; n <= 10; ++n) {
    acknowledge(n);
    store(n);
  }
  store(4, false);  // past the stamps, as a broken node would
  const auto counted = count();
  EXPECT_EQ(counted.duplicated, 2U);
  EXPECT_EQ(counted.lost, 0U);
}

TEST_F(demo_count_test, stored_and_never_noted_is_neither) {
  acknowledge(1);
  store(1);
  store(2);  // the sensor's process died between the acknowledgement and its note
  const auto counted = count();
  EXPECT_EQ(counted.lost, 0U);
  EXPECT_EQ(counted.duplicated, 0U);
  EXPECT_EQ(counted.unclaimed, 2U);
}

TEST_F(demo_count_test, decisions_come_sorted_from_the_device) {
  for (const int us : {3000, 1000, 2000})
    ASSERT_TRUE(ledger_->add(node::decision_made{{0}, std::chrono::microseconds(us)}));
  EXPECT_EQ(count().decision_ms, (std::vector<double>{1, 2, 3}));
}

}  // namespace
}  // namespace perigee::cli

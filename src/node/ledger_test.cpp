#include "node/ledger.hpp"

#include <gtest/gtest.h>

#include "io/memory_disk.hpp"

namespace perigee::node {
namespace {

acked_reading reading(std::uint64_t n) {
  return {epoch(7), sequence(n), {static_cast<std::int64_t>(n) * 1'000'000}, 4};
}

std::vector<acked_reading> all_acked(io::disk& on) {
  std::vector<acked_reading> out;
  EXPECT_TRUE(read_acked(on, "ledger", "motor-1", [&](const acked_reading& r) { out.push_back(r); }));
  return out;
}

TEST(ledger, what_was_added_is_read_in_order) {
  io::memory_disk disk;
  auto written = ledger::open(disk, "ledger", "motor-1");
  ASSERT_TRUE(written);
  for (std::uint64_t n = 1; n <= 5000; ++n) ASSERT_TRUE(written->add(reading(n)));
  const decision_made decision{{123}, nanoseconds(456)};
  ASSERT_TRUE(written->add(decision));

  EXPECT_EQ(estimate_acked(disk, "ledger", "motor-1").value(), 5000U * 4);
  EXPECT_FALSE(estimate_acked(disk, "ledger", "none"));
  const auto acked = all_acked(disk);
  ASSERT_EQ(acked.size(), 5000U);
  for (std::uint64_t n = 1; n <= 5000; ++n) ASSERT_EQ(acked[n - 1], reading(n));
  std::vector<decision_made> decisions;
  ASSERT_TRUE(read_decisions(disk, "ledger", "motor-1", [&](const decision_made& d) { decisions.push_back(d); }));
  EXPECT_EQ(decisions, std::vector{decision});
  EXPECT_EQ(ledger_devices(disk, "ledger").value(), std::vector<std::string>{"motor-1"});
}

TEST(ledger, goes_on_behind_the_last_whole_entry) {
  io::memory_disk disk;
  {
    auto first = ledger::open(disk, "ledger", "motor-1");
    ASSERT_TRUE(first->add(reading(1)));
    ASSERT_TRUE(first->add(reading(2)));
  }
  ASSERT_TRUE(disk.open("ledger/motor-1.readings", io::open_mode::write).value()->truncate(16 + 32 + 9));
  EXPECT_EQ(all_acked(disk), std::vector{reading(1)});
  {
    auto again = ledger::open(disk, "ledger", "motor-1");
    ASSERT_TRUE(again->add(reading(3)));
  }
  EXPECT_EQ(all_acked(disk), (std::vector{reading(1), reading(3)}));
}

TEST(ledger, damage_is_found) {
  io::memory_disk disk;
  auto written = ledger::open(disk, "ledger", "motor-1");
  ASSERT_TRUE(written->add(reading(1)));
  const std::uint8_t wrong[] = {0xff};
  ASSERT_TRUE(disk.open("ledger/motor-1.readings", io::open_mode::write).value()->write_at(20, wrong));
  const auto read = read_acked(disk, "ledger", "motor-1", [](const acked_reading&) {});
  ASSERT_FALSE(read);
  EXPECT_TRUE(is(read.error(), errc::corrupt));
}

TEST(ledger, another_kind_or_version_is_refused) {
  io::memory_disk disk;
  ASSERT_TRUE(ledger::open(disk, "ledger", "motor-1"));
  const std::uint8_t newer[] = {2};
  ASSERT_TRUE(disk.open("ledger/motor-1.readings", io::open_mode::write).value()->write_at(8, newer));
  EXPECT_FALSE(read_acked(disk, "ledger", "motor-1", [](const acked_reading&) {}));
  EXPECT_FALSE(read_acked(disk, "ledger", "none", [](const acked_reading&) {}));
}

// tests/golden/node/ledger-v1.readings: epoch 7, sequences 1 to 3, four readings each.
TEST(ledger, the_first_version_is_still_read_and_written) {
  const auto golden = io::read_whole(io::real_disk(), "tests/golden/node/ledger-v1.readings", 1 << 16);
  ASSERT_TRUE(golden);
  io::memory_disk disk;
  auto written = ledger::open(disk, "ledger", "motor-1");
  for (std::uint64_t n = 1; n <= 3; ++n) ASSERT_TRUE(written->add(reading(n)));
  EXPECT_EQ(io::read_whole(disk, "ledger/motor-1.readings", 1 << 16).value(), *golden);
}

}  // namespace
}  // namespace perigee::node

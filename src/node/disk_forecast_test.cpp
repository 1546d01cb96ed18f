#include "node/disk_forecast.hpp"

#include <gtest/gtest.h>

namespace perigee::node {
namespace {

using namespace std::chrono_literals;

constexpr timestamp start{1'700'000'000'000'000'000};

TEST(disk_forecast, says_nothing_before_it_knows) {
  disk_forecast disk;
  EXPECT_FALSE(disk.days_left());
  disk.note(start, 1'000);
  disk.note(start + 5min, 900);
  EXPECT_FALSE(disk.days_left());
}

TEST(disk_forecast, goes_on_as_it_was) {
  disk_forecast disk;
  for (int i = 0; i <= 24; ++i) disk.note(start + i * 1h, 240'000 - static_cast<std::uint64_t>(i) * 1'000);
  EXPECT_NEAR(*disk.days_left(), 216.0 / 24, 1e-9);
  for (int i = 25; i <= 72; ++i) disk.note(start + i * 1h, 216'000);
  EXPECT_FALSE(disk.days_left()) << "nothing was written for a day";
}

TEST(disk_forecast, notes_no_more_than_it_needs) {
  disk_forecast disk;
  disk.note(start, 1'000);
  disk.note(start + 1min, 1);
  disk.note(start + 10min, 900);
  EXPECT_NEAR(*disk.days_left(), 900.0 / 100 * 10 / (24 * 60), 1e-9);
}

TEST(disk_forecast, begins_anew_where_the_clock_was_set_back) {
  disk_forecast disk;
  disk.note(start, 1'000);
  disk.note(start + 20min, 500);
  disk.note(start - 24h * 365, 400);
  EXPECT_FALSE(disk.days_left());
}

}  // namespace
}  // namespace perigee::node

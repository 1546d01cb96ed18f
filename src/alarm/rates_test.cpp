#include "alarm/rates.hpp"

#include <gtest/gtest.h>

#include "alarm/alarm_test.hpp"

namespace perigee::alarm {
namespace {

using namespace std::chrono_literals;
using testing::act;
using testing::hear;
using testing::told;

constexpr timestamp start{1'700'000'000'000'000'000};

TEST(rates, a_flood_begins_above_ten_and_ends_below_five) {
  rates r;
  for (std::uint64_t i = 0; i < 10; ++i) r.note(i, start + i * 1s);
  EXPECT_FALSE(r.is_flood());
  r.note(10, start + 30s);
  EXPECT_TRUE(r.is_flood());
  EXPECT_EQ(r.last_ten_minutes(), 11U);
  r.note(11, start + 9min);
  r.advance(start + 9min + 59s);
  EXPECT_TRUE(r.is_flood());
  r.advance(start + 11min);
  EXPECT_EQ(r.last_ten_minutes(), 1U);
  EXPECT_FALSE(r.is_flood());
  EXPECT_EQ(r.last_day(), 12U);
  EXPECT_GE(r.peak(), 11U);
  r.advance(start + 25h);
  EXPECT_EQ(r.last_day(), 0U);
}

TEST(rates, three_in_a_minute_are_chattering) {
  rates r;
  r.note(1, start);
  r.note(1, start + 20s);
  r.note(2, start + 25s);
  EXPECT_FALSE(r.is_chattering(1));
  r.note(1, start + 40s);
  EXPECT_TRUE(r.is_chattering(1));
  EXPECT_EQ(r.chattering(), std::vector<std::uint64_t>{1});
  r.advance(start + 61s);
  EXPECT_FALSE(r.is_chattering(1));
}

TEST(rates, the_worst_actors_of_a_day) {
  rates r;
  for (int i = 0; i < 5; ++i) r.note(7, start + i * 1h);
  r.note(8, start + 5h);
  r.note(8, start + 5h);
  EXPECT_EQ(r.worst(10), (std::vector<rates::bad_actor>{{7, 5}, {8, 2}}));
  EXPECT_EQ(r.worst(1).size(), 1U);
  r.advance(start + 27h + 30min);
  EXPECT_EQ(r.worst(10), (std::vector<rates::bad_actor>{{8, 2}, {7, 1}}));
  r.forget(8);
  EXPECT_EQ(r.worst(10), (std::vector<rates::bad_actor>{{7, 1}}));
}

TEST(rates, count_what_an_operator_is_told) {
  board b;
  const auto at = [](std::int64_t second) {
    return teller{.node = "fog-1", .heard = start + std::chrono::seconds(second)};
  };
  hear(b, told("hot", "raised", 5), at(1));
  hear(b, told("hot", "raised", 5), at(2));
  EXPECT_EQ(b.rate().last_ten_minutes(), 1U) << "told again";
  hear(b, told("hot", "cleared", 5), at(3));
  hear(b, told("hot", "raised", 6), at(4));
  EXPECT_EQ(b.rate().last_ten_minutes(), 2U);
  act(b, event::remove, {start, "ada", ""});
  hear(b, told("hot", "cleared", 6), at(5));
  hear(b, told("hot", "raised", 7), at(6));
  EXPECT_EQ(b.rate().last_ten_minutes(), 2U) << "it is out of service";
  act(b, event::reinstate, {start, "ada", ""});
  EXPECT_EQ(b.rate().last_ten_minutes(), 3U) << "it is shown from now on";
  b.advance(start + 25h);
  EXPECT_EQ(b.count().stale, 1U);
}

}  // namespace
}  // namespace perigee::alarm

#include <gtest/gtest.h>

#include <limits>

#include "base/random.hpp"
#include "promql/source.hpp"

namespace perigee::promql {
namespace {

std::optional<std::uint64_t> plainly(const sample_windows& in, std::int64_t time_ms) {
  std::uint64_t number = 0;
  for (auto t = in.first_ms; t <= in.last_ms; t += in.step_ms, ++number) {
    if (t - in.length_ms < time_ms && time_ms <= t) return number;
  }
  return std::nullopt;
}

TEST(sample_windows, agree_with_trying_each_instant) {
  prng random(7);
  for (int i = 0; i < 500; ++i) {
    const auto first = random.between(-20, 20);
    const sample_windows in{first, first + random.between(0, 40), random.between(1, 12), random.between(1, 12)};
    for (std::int64_t from = -40; from <= 70; ++from) {
      ASSERT_EQ(in.first_with(from), plainly(in, from)) << first << ' ' << in.step_ms << ' ' << from;
      if (const auto number = in.first_with(from)) {
        const auto times = in.first_in(*number);
        ASSERT_TRUE(times.has(from));
        ASSERT_NE(in.first_with(times.from_ms - 1), number);
        ASSERT_EQ(in.first_with(times.from_ms), number);
        ASSERT_EQ(in.first_with(times.to_ms), number);
        ASSERT_NE(in.first_with(times.to_ms + 1), number);
      }
      bool any = false;
      for (auto to = from; to <= from + 15; ++to) {
        any = any || plainly(in, to).has_value();
        ASSERT_EQ(in.touch(from, to), any) << first << ' ' << in.step_ms << ' ' << from << ' ' << to;
      }
    }
  }
}

TEST(sample_windows, span_all_times_there_are) {
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const sample_windows in{least, most, most, 1};
  EXPECT_EQ(in.first_with(least), 0U);
  EXPECT_EQ(in.first_with(-1), 1U);
  EXPECT_EQ(in.first_with(0), std::nullopt);
  EXPECT_EQ(in.first_with(most), std::nullopt);  // a last instant two steps after the first is at most - 1
  EXPECT_TRUE(in.touch(0, most));
}

}  // namespace
}  // namespace perigee::promql

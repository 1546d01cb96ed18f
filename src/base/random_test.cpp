#include "base/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace perigee {
namespace {

// Reference outputs of xoshiro256** with a state from splitmix64. A change here breaks every recorded simulation seed.
TEST(prng, gives_the_reference_outputs) {
  prng zero(0);
  for (const auto expected : {0x99ec5f36cb75f2b4ULL, 0xbf6e1f784956452aULL, 0x1a5f849d4933e6e0ULL}) {
    EXPECT_EQ(zero.next(), expected);
  }
  prng answer(42);
  for (const auto expected : {0x15780b2e0c2ec716ULL, 0x6104d9866d113a7eULL, 0xae17533239e499a1ULL}) {
    EXPECT_EQ(answer.next(), expected);
  }
}

TEST(prng, a_copy_goes_the_same_way) {
  prng a(9);
  a.next();
  prng b = a;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(), b.next());
}

TEST(prng, below_stays_below_and_reaches_everything) {
  prng random(1);
  std::array<int, 10> seen{};
  for (int i = 0; i < 10'000; ++i) ++seen.at(random.below(10));
  for (const auto count : seen) EXPECT_NEAR(count, 1000, 150);
  EXPECT_EQ(random.below(0), 0U);
  EXPECT_EQ(random.below(1), 0U);
}

TEST(prng, between_includes_both_ends) {
  prng random(2);
  bool low = false;
  bool high = false;
  for (int i = 0; i < 1000; ++i) {
    const auto x = random.between(-2, 2);
    ASSERT_TRUE(x >= -2 && x <= 2);
    low = low || x == -2;
    high = high || x == 2;
  }
  EXPECT_TRUE(low && high);
  EXPECT_EQ(random.between(5, 5), 5);
}

TEST(prng, between_takes_the_whole_range) {
  prng random(2);
  int negative = 0;
  for (int i = 0; i < 1000; ++i) {
    negative += random.between(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()) < 0;
  }
  EXPECT_NEAR(negative, 500, 100);
}

TEST(prng, unit_is_uniform) {
  prng random(3);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto x = random.unit();
    ASSERT_TRUE(x >= 0 && x < 1);
    sum += x;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(prng, chance_follows_its_probability) {
  prng random(4);
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) hits += random.chance(0.2) ? 1 : 0;
  EXPECT_NEAR(hits, 2000, 200);
  EXPECT_FALSE(random.chance(0));
  EXPECT_TRUE(random.chance(1));
}

TEST(prng, normal_has_mean_0_and_deviation_1) {
  prng random(5);
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto x = random.normal();
    ASSERT_LE(std::abs(x), 6);
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / 10'000, 0, 0.05);
  EXPECT_NEAR(squares / 10'000, 1, 0.05);
}

}  // namespace
}  // namespace perigee

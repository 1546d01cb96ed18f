#include "cli/latency_histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.hpp"

namespace perigee::cli {
namespace {

TEST(a_latency_histogram, has_nothing_to_say_of_nothing) {
  const latency_histogram none;
  EXPECT_EQ(none.count(), 0U);
  EXPECT_EQ(none.percentile(0.5), nanoseconds(0));
}

TEST(a_latency_histogram, is_exact_where_there_is_one) {
  for (const std::int64_t ns : {0LL, 1LL, 63LL, 64LL, 65LL, 1'000LL, 123'456'789LL, 3'600'000'000'000LL}) {
    latency_histogram one;
    one.record(nanoseconds(ns));
    EXPECT_EQ(one.percentile(0.5), nanoseconds(ns)) << ns;
    EXPECT_EQ(one.longest(), nanoseconds(ns));
  }
}

/// Against the sorted values themselves.
TEST(a_latency_histogram, is_right_to_three_percent) {
  prng random(7);
  latency_histogram all;
  std::vector<std::int64_t> sorted;
  for (int i = 0; i < 20'000; ++i) {
    const auto ns = static_cast<std::int64_t>(random.next() >> (24 + random.next() % 30));
    sorted.push_back(ns);
    all.record(nanoseconds(ns));
  }
  std::ranges::sort(sorted);
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto exact = sorted[static_cast<std::size_t>(share * 20'000) - 1];
    const auto said = all.percentile(share).count();
    EXPECT_GE(said, exact) << share;
    EXPECT_LE(said, exact + exact / 31 + 1) << share;
  }
}

}  // namespace
}  // namespace perigee::cli

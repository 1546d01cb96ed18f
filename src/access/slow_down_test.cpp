#include "access/slow_down.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace perigee::access {
namespace {

using namespace std::chrono_literals;

TEST(slow_down, waits_longer_each_time_and_forgets) {
  slow_down of;
  const clock::time_point start(1h);
  for (int i = 0; i < 4; ++i) of.failed("10.0.0.1", start);
  EXPECT_FALSE(of.must_wait("10.0.0.1", start)) << "a person mistypes";
  of.failed("10.0.0.1", start);
  EXPECT_TRUE(of.must_wait("10.0.0.1", start + 999ms));
  EXPECT_FALSE(of.must_wait("10.0.0.1", start + 1s));
  EXPECT_FALSE(of.must_wait("10.0.0.2", start));
  of.failed("10.0.0.1", start + 1s);
  EXPECT_TRUE(of.must_wait("10.0.0.1", start + 2900ms));
  for (int i = 0; i < 100; ++i) of.failed("10.0.0.1", start + 3s);
  EXPECT_TRUE(of.must_wait("10.0.0.1", start + 62s));
  EXPECT_FALSE(of.must_wait("10.0.0.1", start + 63s)) << "never more than a minute";
  of.failed("10.0.0.1", start + 20min);
  EXPECT_FALSE(of.must_wait("10.0.0.1", start + 20min)) << "ten minutes later it begins anew";
}

TEST(slow_down, begins_anew_after_a_success) {
  slow_down of;
  const clock::time_point start(1h);
  for (int i = 0; i < 9; ++i) of.failed("10.0.0.1", start);
  of.succeeded("10.0.0.1");
  EXPECT_FALSE(of.must_wait("10.0.0.1", start));
  EXPECT_EQ(of.size(), 0U);
}

TEST(slow_down, remembers_a_bounded_number) {
  slow_down of;
  const clock::time_point start(1h);
  for (int i = 0; i < 9; ++i) of.failed("the first", start);
  for (std::uint32_t i = 0; i < 2 * limits::access_addresses_max; ++i) of.failed(std::to_string(i), start);
  EXPECT_EQ(of.size(), limits::access_addresses_max);
  EXPECT_TRUE(of.must_wait("the first", start)) << "who waits longest is kept";
}

}  // namespace
}  // namespace perigee::access

#include "api/rate_limit.hpp"

#include <gtest/gtest.h>

#include <format>

#include "base/limits.hpp"

namespace perigee::api {
namespace {

using namespace std::chrono_literals;

TEST(a_rate_limit, gives_each_address_its_share) {
  rate_limit all;
  const auto now = clock::time_point(1h);
  for (std::uint32_t i = 0; i < limits::http_requests_burst_max; ++i) EXPECT_EQ(all.take("a", now), 0ns);
  EXPECT_GT(all.take("a", now), 0ns);
  EXPECT_EQ(all.take("b", now), 0ns);
  EXPECT_EQ(all.take("a", now + nanoseconds(1s) / limits::http_requests_per_second_max), 0ns);
  EXPECT_GT(all.take("a", now + nanoseconds(1s) / limits::http_requests_per_second_max), 0ns);
}

TEST(a_rate_limit, remembers_so_many_addresses) {
  rate_limit all;
  auto now = clock::time_point(1h);
  for (std::uint32_t i = 0; i < 2 * limits::http_addresses_max; ++i) (void)all.take(std::format("{}", i), now += 1ns);
  EXPECT_EQ(all.size(), limits::http_addresses_max);
}

TEST(a_neighbourhood, is_an_address_or_a_sites_network) {
  EXPECT_EQ(neighbourhood_of("127.0.0.1:53124"), "127.0.0.1");
  EXPECT_EQ(neighbourhood_of("[2001:db8:1:2:3:4:5:6]:80"), "2001:db8:1:2::/64");
  EXPECT_EQ(neighbourhood_of("[fe80::1%eth0]:80"), "fe80::/64");
  EXPECT_EQ(neighbourhood_of("[::ffff:10.0.0.1]:80"), "::ffff:10.0.0.1");
}

}  // namespace
}  // namespace perigee::api

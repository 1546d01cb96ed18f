#include "node/quantity.hpp"

#include <gtest/gtest.h>

namespace perigee::node {
namespace {

using namespace std::chrono_literals;

TEST(quantity, durations) {
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("5ms"), 5ms);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("7 d"), 168h);
  EXPECT_EQ(parse_duration("0s"), 0s);
  for (const auto* wrong : {"", "s", "30", "30 sec", "-1s", "1e300d", "nans", "infs", "200000d", "30S"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(quantity, sizes) {
  EXPECT_EQ(parse_size("16MiB"), 16U << 20);
  EXPECT_EQ(parse_size("1GB"), 1'000'000'000U);
  EXPECT_EQ(parse_size("1.5 KiB"), 1536U);
  EXPECT_EQ(parse_size("512"), 512U);
  for (const auto* wrong : {"", "MB", "16mb", "-1B", "1e30TB", "16MiBs"}) EXPECT_FALSE(parse_size(wrong)) << wrong;
}

TEST(quantity, addresses) {
  for (const auto* near : {"127.0.0.1", "127.9.8.7", "::1", "localhost"}) {
    EXPECT_TRUE(is_loopback(near)) << near;
    EXPECT_TRUE(is_address(near)) << near;
  }
  for (const auto* far : {"0.0.0.0", "::", "10.0.0.1", "fe80::1"}) {
    EXPECT_FALSE(is_loopback(far)) << far;
    EXPECT_TRUE(is_address(far)) << far;
  }
  for (const auto* wrong : {"", "127.evil.example", "127.0.0.1.example", "fog", "1.2.3"}) {
    EXPECT_FALSE(is_loopback(wrong)) << wrong;
    EXPECT_FALSE(is_address(wrong)) << wrong;
  }
}

TEST(quantity, urls) {
  const auto full = parse_url("mqtts://cloud.example:8884/");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->scheme, "mqtts");
  EXPECT_EQ(full->host, "cloud.example");
  EXPECT_EQ(full->port, 8884);
  const auto v6 = parse_url("mqtt://[::1]:1883");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_FALSE(parse_url("mqtt://host")->port);
  for (const auto* wrong : {"", "host:1", "mqtt://", "mqtt://:1883", "mqtt://a b", "mqtt://h:99999", "mqtt://h:x",
                            "mqtt://[::1", "mqtt://[zz]:1", "mqtt://user@host", "mqtt://h/path"})
    EXPECT_FALSE(parse_url(wrong)) << wrong;
}

}  // namespace
}  // namespace perigee::node

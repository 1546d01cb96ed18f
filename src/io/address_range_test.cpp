#include "io/address_range.hpp"

#include <gtest/gtest.h>

namespace perigee::io {
namespace {

constexpr address_range::address v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
}

TEST(an_address_range, contains_what_shares_its_bits) {
  const auto private_net = address_range::parse("10.0.0.0/8").value();
  EXPECT_TRUE(private_net.contains(v4(10, 200, 3, 4)));
  EXPECT_FALSE(private_net.contains(v4(11, 0, 0, 0)));
  const auto odd = address_range::parse("192.168.4.0/23").value();
  EXPECT_TRUE(odd.contains(v4(192, 168, 5, 255)));
  EXPECT_FALSE(odd.contains(v4(192, 168, 6, 0)));
  const auto one = address_range::parse("10.0.0.7").value();
  EXPECT_TRUE(one.contains(v4(10, 0, 0, 7)));
  EXPECT_FALSE(one.contains(v4(10, 0, 0, 8)));
  const auto six = address_range::parse("2001:db8::/32").value();
  EXPECT_TRUE(six.contains({0x20, 0x01, 0x0d, 0xb8, 1}));
  EXPECT_FALSE(six.contains({0x20, 0x01, 0x0d, 0xb9}));
  EXPECT_TRUE(address_range::parse("0.0.0.0/0")->contains(v4(1, 2, 3, 4)));
  EXPECT_FALSE(address_range::parse("0.0.0.0/0")->contains({0x20, 0x01}));
  EXPECT_TRUE(address_range::parse("::/0")->contains(v4(1, 2, 3, 4)));
}

TEST(an_address_range, is_refused_where_it_says_more_than_its_bits) {
  for (const auto* bad : {"", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8 ", "10.0.0/8", "::1/64", "::/129",
                          "localhost", "10.0.0.0/-1", "/8"}) {
    EXPECT_FALSE(address_range::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace perigee::io

#include "api/encoding.hpp"

#include <gtest/gtest.h>

namespace perigee::api {
namespace {

TEST(a_coding, is_chosen_by_what_is_accepted) {
  EXPECT_EQ(choose_coding(""), coding::identity);
  EXPECT_EQ(choose_coding("gzip"), coding::gzip);
  EXPECT_EQ(choose_coding("gzip, zstd"), coding::zstd);
  EXPECT_EQ(choose_coding("gzip;q=0.8, zstd;q=0.5"), coding::gzip);
  EXPECT_EQ(choose_coding("gzip;q=x"), coding::identity);
  EXPECT_EQ(choose_coding("*;q=0"), coding::identity);
  EXPECT_TRUE(accepts_gzip("zstd, gzip;q=0.1"));
  EXPECT_FALSE(accepts_gzip("zstd"));
}

TEST(a_body, comes_back_from_gzip) {
  const std::string body(100'000, 'x');
  const auto packed = compress(body, coding::gzip);
  ASSERT_TRUE(packed);
  EXPECT_LT(packed->size(), 1000U);
  EXPECT_EQ(gunzip(*packed, 200'000), body);
  const auto bomb = gunzip(*packed, 50'000);
  ASSERT_FALSE(bomb);
  EXPECT_TRUE(is(bomb.error(), errc::too_large));
  for (const auto& wrong : {std::string(), std::string("x"), packed->substr(0, 20), "x" + *packed}) {
    EXPECT_FALSE(gunzip(wrong, 200'000));
  }
}

TEST(a_tag, is_the_bodys_own) {
  const auto tag = tag_of("a");
  EXPECT_NE(tag, tag_of("b"));
  EXPECT_TRUE(names_tag(tag, tag));
  EXPECT_TRUE(names_tag("*", tag));
  EXPECT_TRUE(names_tag("\"x\" , " + tag.substr(2), tag));
  EXPECT_FALSE(names_tag("\"x\"", tag));
  EXPECT_FALSE(names_tag("", tag));
}

}  // namespace
}  // namespace perigee::api

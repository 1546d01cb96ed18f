#include "base/percent.hpp"

#include <gtest/gtest.h>

namespace perigee {
namespace {

TEST(percent, leaves_unreserved_characters_alone) {
  EXPECT_EQ(percent_encode("press-4_A.b~9"), "press-4_A.b~9");
  EXPECT_EQ(percent_encode("plant/+/temp #1?"), "plant%2F%2B%2Ftemp%20%231%3F");
}

TEST(percent, gives_every_byte_back) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_decode("a%2fb%2F+"), "a/b/+");
}

TEST(percent, refuses_what_is_no_escape) {
  for (const auto* wrong : {"%", "%2", "a%", "a%4", "%zz", "%2g", "%%20"}) EXPECT_FALSE(percent_decode(wrong)) << wrong;
}

}  // namespace
}  // namespace perigee

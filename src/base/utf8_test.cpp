#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace perigee {
namespace {

TEST(utf8, keeps_what_is_well_formed) {
  for (const auto* text : {"", "plain \x01", "m\xc3\xa9tal", "\xe2\x82\xac", "\xf0\x9f\x94\xa5", "\xef\xbf\xbd"}) {
    EXPECT_EQ(in_utf8(text), text);
  }
}

TEST(utf8, replaces_each_byte_that_belongs_to_no_character) {
  const std::string other = "\xef\xbf\xbd";
  EXPECT_EQ(in_utf8("a\xff"
                    "b"),
            "a" + other + "b");
  EXPECT_EQ(in_utf8("\xc3"), other) << "cut short";
  EXPECT_EQ(in_utf8("\xc0\xaf"), other + other) << "overlong";
  EXPECT_EQ(in_utf8("\xed\xa0\x80"), other + other + other) << "a surrogate";
  EXPECT_EQ(in_utf8("\xf4\x90\x80\x80"), other + other + other + other) << "behind the last character";
}

}  // namespace
}  // namespace perigee

#include "base/printable.hpp"

#include <gtest/gtest.h>

namespace perigee {
namespace {

TEST(printable, leaves_text_as_it_is) {
  EXPECT_EQ(printable(""), "");
  EXPECT_EQ(printable("the client 'press-1' \\ Pr\xc3\xbc"
                      "fstand \xe2\x82\xac \xf0\x9f\x98\x80"),
            "the client 'press-1' \\ Pr\xc3\xbc"
            "fstand \xe2\x82\xac \xf0\x9f\x98\x80");
}

TEST(printable, lets_nobody_write_a_line_of_the_log) {
  EXPECT_EQ(printable("a\n2026 W all is well"), "a\\n2026 W all is well");
  EXPECT_EQ(printable("\r\t\x1b[2J\x7f"), "\\r\\t\\x1b[2J\\x7f");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b") << "a C1 control begins a terminal's command too";
  EXPECT_EQ(printable("\xe2\x80\xae"), "\\xe2\\x80\\xae") << "right-to-left override";
  EXPECT_EQ(printable("\xe2\x80\xa8"), "\\xe2\\x80\\xa8") << "line separator";
}

TEST(printable, escapes_what_is_no_utf_8) {
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

}  // namespace
}  // namespace perigee

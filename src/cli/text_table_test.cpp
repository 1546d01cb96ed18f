#include "cli/text_table.hpp"

#include <gtest/gtest.h>

namespace perigee::cli {
namespace {

constexpr auto right = text_column::align::right;

TEST(text_table, makes_columns_as_wide_as_what_is_in_them) {
  text_table t({{"client"}, {"in", right}, {"note"}});
  t.add({"d1", "1,024", ""});
  t.add({"press-4", "7", "gone"});
  EXPECT_EQ(t.render(false),
            "client      in  note\n"
            "d1       1,024\n"
            "press-4      7  gone\n");
}

TEST(text_table, counts_characters_rather_than_bytes) {
  text_table t({{"a"}, {"b"}});
  t.add({"Öl", "x"});
  t.add({"abc", "y"});
  EXPECT_EQ(t.render(false), "a    b\nÖl   x\nabc  y\n");
}

TEST(text_table, lets_nobody_else_write_to_the_terminal) {
  EXPECT_EQ(printable("a\x1b[31mb\n\x7f\xc2\x9b"
                      "c"),
            "a.[31mb...c");
  EXPECT_EQ(printable("Öl ü"), "Öl ü");
  text_table t({{"a"}});
  t.add({"\x1b"});
  EXPECT_EQ(t.render(true), "\x1b[1ma\x1b[0m\n.\n");
}

}  // namespace
}  // namespace perigee::cli

#include "base/diagnostic.hpp"

#include <gtest/gtest.h>

#include <array>

namespace perigee {
namespace {

constexpr source_text rule{"hot.rule.sql", "SELECT averge(temperature)\r\n\tFROM 'site/+'\nWHERE x > 1"};

TEST(diagnostic, shows_the_line_with_a_caret_under_what_is_wrong) {
  const auto d = rule.at(7, 6, "P0301", "unknown function 'averge'", "did you mean 'average'?");
  EXPECT_EQ(d.render(),
            "hot.rule.sql:1:8: error P0301: unknown function 'averge'\n"
            "     1 | SELECT averge(temperature)\n"
            "       |        ^^^^^^\n"
            "       = help: did you mean 'average'?\n");
}

TEST(diagnostic, a_tab_stays_a_tab_under_the_line) {
  const auto d = rule.at(rule.text.find("'site"), 8, "P0302", "no such topic");
  EXPECT_EQ(d.render(),
            "hot.rule.sql:2:7: error P0302: no such topic\n"
            "     2 | \tFROM 'site/+'\n"
            "       | \t     ^^^^^^^^\n");
}

TEST(diagnostic, the_caret_counts_characters_not_bytes) {
  const source_text text{"site.toml", "name = \"Köln\" x"};
  EXPECT_EQ(text.at(text.text.find('x'), 1, "P0100", "what is this").render(),
            "site.toml:1:16: error P0100: what is this\n"
            "     1 | name = \"Köln\" x\n"
            "       |               ^\n");
  EXPECT_EQ(text.at(text.text.find("\"K"), 7, "P0100", "what is this").render(),
            "site.toml:1:8: error P0100: what is this\n"
            "     1 | name = \"Köln\" x\n"
            "       |        ^^^^^^\n");
}

TEST(diagnostic, a_carriage_return_is_not_part_of_the_line) {
  EXPECT_EQ(rule.at(0, 3, "P1", "m").excerpt, "SELECT averge(temperature)");
}

TEST(diagnostic, an_underline_ends_with_its_line) {
  EXPECT_EQ(rule.at(7, 4000, "P1", "m").length, 19U);
  EXPECT_EQ(rule.at(7, 0, "P1", "m").length, 1U);
}

TEST(diagnostic, a_position_past_the_end_points_behind_the_last_line) {
  const auto d = rule.at(99'999, 1, "P1", "unexpected end");
  EXPECT_EQ(d.line, 3U);
  EXPECT_EQ(d.column, 12U);
  EXPECT_EQ(d.excerpt, "WHERE x > 1");
}

TEST(diagnostic, an_empty_text_has_a_first_line) {
  const source_text empty{"empty.toml", ""};
  const auto d = empty.at(0, 1, "P1", "nothing here");
  EXPECT_EQ(d.line, 1U);
  EXPECT_EQ(d.column, 1U);
  EXPECT_EQ(d.excerpt, "");
}

TEST(diagnostic, line_and_column_are_clamped_into_the_text) {
  EXPECT_EQ(rule.at_line(2, 3, "P1", "m").column, 3U);
  EXPECT_EQ(rule.at_line(2, 3, "P1", "m").excerpt, "\tFROM 'site/+'");
  EXPECT_EQ(rule.at_line(1, 500, "P1", "m").column, 27U);
  EXPECT_EQ(rule.at_line(77, 1, "P1", "m").line, 3U);
  EXPECT_EQ(rule.at_line(0, 0, "P1", "m").line, 1U);
}

TEST(diagnostic, a_file_as_a_whole_has_no_excerpt) {
  diagnostic d;
  d.code = "P0101";
  d.file = "fog.toml";
  d.message = "the file is not there";
  EXPECT_EQ(d.render(), "fog.toml: error P0101: the file is not there\n");
}

TEST(diagnostic, all_are_rendered_and_counted) {
  const std::array both{rule.at(0, 1, "P1", "first"), rule.at(1, 1, "P2", "second")};
  const auto text = render_all(both);
  EXPECT_LT(text.find("first"), text.find("second"));
  EXPECT_TRUE(text.ends_with("\n2 errors\n"));
  EXPECT_TRUE(render_all(std::span(both).first(1)).ends_with("\n1 error\n"));
  EXPECT_EQ(render_all({}), "");
}

TEST(did_you_mean, names_the_nearest_within_a_third) {
  constexpr std::array<std::string_view, 4> known{"average", "avg_over", "minimum", "abs"};
  EXPECT_EQ(did_you_mean("averge", known), "did you mean 'average'?");
  EXPECT_EQ(did_you_mean("minimun", known), "did you mean 'minimum'?");
  EXPECT_EQ(did_you_mean("ab", known), "did you mean 'abs'?");
  EXPECT_EQ(did_you_mean("temperature", known), "");
  EXPECT_EQ(did_you_mean("averge", {}), "");
}

}  // namespace
}  // namespace perigee

#include "cli/demo_script.hpp"

#include <gtest/gtest.h>

#include <array>

namespace perigee::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 2> nodes = {"fog", "edge-1"};

auto parse(std::string_view text) { return parse_demo_script({"outage.txt", text}, nodes); }

TEST(demo_script, steps_come_in_the_order_of_time) {
  const auto steps = parse("# an outage\n30s heal fog\n\n  15s\tcut fog  # the cable\r\n35.5s kill edge-1\n");
  ASSERT_TRUE(steps) << render_all(steps.error());
  ASSERT_EQ(steps->size(), 3U);
  EXPECT_EQ((*steps)[0].at, 15s);
  EXPECT_EQ((*steps)[0].verb, demo_verb::cut);
  EXPECT_EQ((*steps)[1].verb, demo_verb::heal);
  EXPECT_EQ((*steps)[2].at, 35500ms);
  EXPECT_EQ((*steps)[2].node, "edge-1");
}

TEST(demo_script, an_empty_one_does_nothing) {
  EXPECT_TRUE(parse("").value().empty());
  EXPECT_TRUE(parse("# nothing").value().empty());
}

TEST(demo_script, every_error_at_once) {
  const auto steps = parse("15 cut fog\n20s cutt fgo\n30s heal\n");
  ASSERT_FALSE(steps);
  const auto& errors = steps.error();
  ASSERT_EQ(errors.size(), 4U) << render_all(errors);
  EXPECT_EQ(errors[0].code, "P0402");
  EXPECT_EQ(errors[1].code, "P0403");
  EXPECT_EQ(errors[1].help, "did you mean 'cut'?");
  EXPECT_EQ(errors[2].code, "P0404");
  EXPECT_EQ(errors[2].column, 10U);
  EXPECT_EQ(errors[3].code, "P0401");
  EXPECT_EQ(errors[3].line, 3U);
}

}  // namespace
}  // namespace perigee::cli

#include "cli/demo_table.hpp"

#include <gtest/gtest.h>

namespace perigee::cli {
namespace {

const std::vector<table_row> rows = {
    {.id = "cloud", .tier = "cloud", .running = true, .answering = true, .values_per_s = 60.04, .decisions = 0},
    {.id = "fog",
     .tier = "fog",
     .running = true,
     .answering = true,
     .values_per_s = 59.9,
     .decisions = 1234,
     .has_uplink = true,
     .cut = true,
     .backlog = 15'000},
    {.id = "edge-1", .tier = "edge", .running = false, .has_uplink = true},
};
constexpr table_totals totals = {.produced = 12'345, .stored = 12'000, .lost = 0, .doubled = 2};

TEST(demo_table, shows_every_node_and_the_two_zeros) {
  EXPECT_EQ(render_table(rows, totals, false),
            "tier   node     state      values/s   decisions     backlog   uplink\n"
            "cloud  cloud    runs           60.0           0           -   -\n"
            "fog    fog      runs           59.9       1,234      15,000   cut\n"
            "edge   edge-1   stopped         0.0           0           0   -\n"
            "readings: 12,345 at the sensors; in the cloud, with decisions: 12,000   lost 0   doubled 2\n");
}

TEST(demo_table, colours_change_no_width) {
  auto text = render_table(rows, totals, true);
  EXPECT_TRUE(text.contains("\x1b[31m"));
  for (std::size_t at; (at = text.find('\x1b')) != std::string::npos;) text.erase(at, text.find('m', at) + 1 - at);
  EXPECT_EQ(text, render_table(rows, totals, false));
}

TEST(demo_table, one_line_for_a_log) {
  const auto line = render_line(rows, totals);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_TRUE(line.contains("fog 59.9/s runs backlog 15000 cut; "));
  EXPECT_TRUE(line.ends_with("produced 12345 stored with decisions 12000 lost 0 doubled 2\n"));
}

TEST(grouped, thousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
}

}  // namespace
}  // namespace perigee::cli

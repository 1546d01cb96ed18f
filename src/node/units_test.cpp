#include "node/units.hpp"

#include <gtest/gtest.h>

namespace perigee::node {
namespace {

TEST(units, come_from_the_first_rule_that_fits) {
  config chosen;
  chosen.units = {
      {"temperature", "[degF]", "plant/old/#", ""}, {"temperature", "Cel", "#", ""}, {"level", "m", "#", "fog-2"}};
  const units all(chosen);
  EXPECT_EQ(all.of({"fog", "plant/old/press", "temperature"}), "[degF]");
  EXPECT_EQ(all.of({"fog", "plant/new/press", "temperature"}), "Cel");
  EXPECT_EQ(all.of({"fog-2", "tank", "level"}), "m");
  EXPECT_EQ(all.of({"fog", "tank", "level"}), "") << "another node's";
  EXPECT_EQ(all.of({"fog", "tank", "Temperature"}), "");
}

TEST(units, of_this_nodes_own_sensors_are_known) {
  config chosen;
  chosen.node_id = "edge";
  chosen.units = {{"current", "mA", "#", ""}};
  auto& replay = chosen.replays.emplace_back();
  replay.topic = "roof";
  replay.columns = {{"t", "outside", "Cel", {}}, {"rh", "", "%RH", {}}};
  chosen.machines.emplace_back().topic = "hall/m";
  const units all(chosen);
  EXPECT_EQ(all.of({"edge", "roof", "outside"}), "Cel");
  EXPECT_EQ(all.of({"edge", "roof", "rh"}), "%RH");
  EXPECT_EQ(all.of({"other", "roof", "rh"}), "");
  EXPECT_EQ(all.of({"edge", "hall/m", "vibration"}), "mm/s");
  EXPECT_EQ(all.of({"edge", "hall/m", "current"}), "mA") << "what the configuration says goes first";
}

}  // namespace
}  // namespace perigee::node

#include "cli/demo_site.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "node/config.hpp"
#include "rules/rule_set.hpp"

namespace perigee::cli {
namespace {

demo_site site(std::optional<std::string> replay = {}) {
  auto planned = plan_site("/tmp/perigee-demo", 60, 1, std::move(replay));
  EXPECT_TRUE(choose_ports(planned));
  for (auto& node : planned.nodes) {
    if (!node.parent.empty()) node.cable_port = 40'000;
  }
  return planned;
}

TEST(demo_site, every_configuration_and_rule_is_good) {
  for (const auto& planned : {site(), site("/data/press.csv")}) {
    for (const auto& node : planned.nodes) {
      std::vector<rules::rule_source> rules;
      for (const auto& file : files_of(planned, node)) {
        if (file.path.ends_with(".rule.sql")) {
          rules.push_back({file.path, file.text});
          continue;
        }
        const auto parsed = node::parse_config({file.path, file.text}, planned.home(node));
        ASSERT_TRUE(parsed) << render_all(parsed.error());
        EXPECT_EQ(parsed->node_id, node.id);
        EXPECT_EQ(parsed->uplink.has_value(), !node.parent.empty());
        EXPECT_EQ(parsed->replays.size() + parsed->machines.size(), node.tier == "edge" ? 1U : 0U);
      }
      const auto loaded = rules::rule_set::load(rules);
      EXPECT_TRUE(loaded) << render_all(loaded.error());
    }
  }
}

TEST(demo_site, every_example_is_a_site) {
  ASSERT_EQ(examples().size(), 6U);
  for (const auto& each : examples()) {
    auto planned = plan_example(each);
    ASSERT_TRUE(planned) << each.name;
    ASSERT_FALSE(planned->devices.empty()) << each.name;
    const auto site = plan_site("/tmp/perigee-demo", 60, 1, {}, std::move(*planned));
    for (const auto& device : site.devices) {
      EXPECT_TRUE(device.topic.starts_with(each.name)) << device.topic;
      const auto files = files_of(site, *site.find(device.node));
      EXPECT_TRUE(std::ranges::contains(files, std::format("plant/{}.csv", device.name), &demo_file::path));
    }
    EXPECT_EQ(files_of(site, *site.find("cloud")).size(), 1U);
  }
}

TEST(demo_site, parents_come_before_children) {
  const auto planned = site();
  std::set<std::string> seen = {""};
  for (const auto& node : planned.nodes) {
    EXPECT_TRUE(seen.contains(node.parent)) << node.id;
    seen.insert(node.id);
  }
  EXPECT_EQ(planned.nodes.size(), demo_node_names().size());
  for (const auto name : demo_node_names()) EXPECT_NE(planned.find(name), nullptr);
  EXPECT_EQ(planned.find("edge-4"), nullptr);
}

TEST(demo_site, no_two_listeners_have_one_port) {
  const auto planned = site();
  std::set<std::uint16_t> ports;
  std::size_t count = 0;
  for (const auto& node : planned.nodes) {
    for (const auto port : {node.mqtt_port, node.ws_port, node.api_port, node.tls_port, node.est_port}) {
      if (port == 0) continue;
      ports.insert(port);
      ++count;
    }
  }
  EXPECT_EQ(ports.size(), count);
}

TEST(demo_site, machines_share_the_rate) {
  auto planned = plan_site("/x", 1000, 1, {});
  planned.nodes[0].est_port = 2;
  const auto parsed = node::parse_config({"edge", files_of(planned, *planned.find("edge-2")).at(0).text}, "/x");
  ASSERT_FALSE(parsed) << "an uplink without a port is refused";
  planned.nodes[3].cable_port = 1;
  const auto good = node::parse_config({"edge", files_of(planned, *planned.find("edge-2")).at(0).text}, "/x");
  ASSERT_TRUE(good) << render_all(good.error());
  EXPECT_NEAR(good->machines.at(0).rate_hz * 3 * machine_readings, 1000, 0.01);
}

}  // namespace
}  // namespace perigee::cli

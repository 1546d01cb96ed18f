#include "cli/demo_site.hpp"

#include <algorithm>
#include <format>

#include "cli/console.hpp"
#include "node/units.hpp"

namespace perigee::cli {
namespace {

constexpr std::string_view trim_rule = R"sql(/*
name = "trim"
description = "Keeps each motor near the load that it is good at."

[[action]]
publish = "cmd/${machine}"
payload = '{"speed":${speed},"ts":${ts}}'
qos = 1
*/
SELECT topic(3) AS machine, ts,
       round(max(0.5, min(1.1, speed / 1480 * sqrt(0.75 / load))), 3) AS speed
FROM 'site/+/+'
WHERE running = true AND abs(load - 0.75) > 0.01
)sql";

constexpr std::string_view overheat_rule = R"sql(/*
name = "overheat"
description = "Slows a hot machine down, and says so."

[[action]]
alarm = "overheat"
severity = "critical"
key = "machine"
*/
SELECT topic(3) AS machine, temperature
FROM 'site/+/+'
WHERE temperature > 75
)sql";

constexpr std::string_view wear_rule = R"sql(/*
name = "wear"
description = "A bearing that shakes is worn: seen by the site, wherever the machine is."

[[action]]
alarm = "wear"
severity = "warning"
key = "machine"
*/
SELECT topic(2) AS edge, topic(3) AS machine, vibration
FROM 'site/+/+'
WHERE vibration > 2.8
)sql";

constexpr std::string_view replay_rule = R"sql(/*
name = "hot"

[[action]]
alarm = "hot"
severity = "warning"
key = "topic(3)"
*/
SELECT value
FROM 'site/+/replay'
WHERE value > 100
)sql";

std::string listeners(const demo_node& node) {
  std::string out = std::format(
      "\n[[mqtt]]  # for people and devices on this machine\nport = {}\n\n[[mqtt]]  # for the page\nport = "
      "{}\ntransport = "
      "\"ws\"\n",
      node.mqtt_port, node.ws_port);
  if (node.tls_port != 0) {
    out += std::format("\n[[mqtt]]  # for children, by certificate\nport = {}\ntransport = \"tls\"\n", node.tls_port);
  }
  return out + std::format(
                   "\n[api]  # plain on loopback: a browser does not know the demo's authority\nport = {}\ntransport = "
                   "\"tcp\"\n",
                   node.api_port);
}

std::string machine(const demo_site& site, const demo_device& device, std::size_t index) {
  constexpr std::string_view faults[] = {"", "\"bearing\"", "\"cooling_loss\""};
  const auto machines = static_cast<double>(site.devices.size());
  return std::format(
      "\n[[machine]]\nname = \"{}\"\ntopic = \"{}\"\ncommand_topic = \"cmd/{}\"\nrate_hz = {:.6f}\nseed = {}\n"
      "faults = [{}]\n",
      device.name, device.topic, device.name, site.rate / machines / machine_readings, (site.seed + index) & INT64_MAX,
      faults[index % std::size(faults)]);
}

std::string replayed(const demo_site& site, const demo_device& device) {
  return std::format(
      "\n[[replay]]\nname = \"{}\"\nfile = {}\ntopic = \"{}\"\nspeed = 300.0\nloop = true\ntime = \"now\"\n",
      device.name, json_text(*site.replay), device.topic);
}

/// The node at the top issues; the others have joined it, and renew there.
std::string identity_of(const demo_site& site, const demo_node& node) {
  const bool issues = node.parent.empty();
  const auto est_port = site.nodes.front().est_port;
  const auto out =
      std::format("\n[tls]\ncertificate = \"{0}.pem\"\nkey = {{ file = \"{0}.pem\" }}\nauthority = \"{1}root.crt\"\n",
                  node.id, issues ? "identity/" : "");
  if (!issues) return out + std::format("\n[identity]\nrenew = \"https://127.0.0.1:{}\"\n", est_port);
  return out +
         std::format("\n[identity]  # the others enrol here\nfolder = \"identity\"\nport = {}\nrenew = \"self\"\n",
                     est_port);
}

std::string configuration(const demo_site& site, const demo_node& node) {
  const bool edge = node.tier == "edge";
  auto out = std::format("[node]\nid = \"{}\"\ndata = \"data\"\ntier = \"{}\"\ndemo = \"../control.sock\"\n{}", node.id,
                         node.tier, edge ? "ledger = \"../ledger\"\n" : "");
  out += identity_of(site, node);
  out += listeners(node);
  out += "\n[[lane]]\nfilter = \"alarm/#\"\nlane = \"alarm\"\n\n[[lane]]\nfilter = \"cmd/#\"\nlane = \"event\"\n";
  if (!node.parent.empty())
    out += std::format("\n[uplink]\nurl = \"mqtts://127.0.0.1:{}\"\nlinger = \"1s\"\n", node.cable_port);
  for (const auto& [metric, unit] : node::motor_units()) {
    out += std::format("\n[[unit]]\nmetric = \"{}\"\nunit = \"{}\"\n", metric, unit);
  }
  out += std::format("\n[history]\nenabled = {}\n\n[rules]\nfolder = \"rules\"\n", edge ? "false" : "true");
  for (std::size_t i = 0; i < site.devices.size(); ++i) {
    const auto& device = site.devices[i];
    if (device.node == node.id) out += i == 0 && site.replay ? replayed(site, device) : machine(site, device, i);
  }
  return out;
}

}  // namespace

const demo_node* demo_site::find(std::string_view id) const {
  const auto found = std::ranges::find(nodes, id, &demo_node::id);
  return found == nodes.end() ? nullptr : &*found;
}

std::vector<std::string_view> demo_node_names() { return {"cloud", "fog", "edge-1", "edge-2", "edge-3"}; }

demo_site plan_site(std::string folder, double rate, std::uint64_t seed, std::optional<std::string> replay) {
  demo_site site{std::move(folder), rate, seed, std::move(replay), {}, {}};
  site.nodes.push_back({.id = "cloud", .tier = "cloud", .parent = {}});
  site.nodes.push_back({.id = "fog", .tier = "fog", .parent = "cloud"});
  for (int i = 1; i <= 3; ++i) {
    const auto edge = std::format("edge-{}", i);
    site.nodes.push_back({.id = edge, .tier = "edge", .parent = "fog"});
    const auto name = i == 1 && site.replay ? std::string("replay") : std::format("motor-{}", i);
    site.devices.push_back({name, std::format("site/{}/{}", edge, name), edge});
  }
  return site;
}

std::vector<demo_file> files_of(const demo_site& site, const demo_node& node) {
  std::vector<demo_file> out{{node.id + ".toml", configuration(site, node)}};
  if (node.tier == "edge") {
    out.push_back({"rules/trim.rule.sql", std::string(trim_rule)});
    out.push_back({"rules/overheat.rule.sql", std::string(overheat_rule)});
    if (site.replay) out.push_back({"rules/hot.rule.sql", std::string(replay_rule)});
  } else {
    out.push_back({"rules/wear.rule.sql", std::string(wear_rule)});
  }
  return out;
}

}  // namespace perigee::cli

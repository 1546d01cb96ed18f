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

std::string replayed(const demo_device& device, std::string_view file, double speed, std::string_view time) {
  return std::format(
      "\n[[replay]]\nname = \"{}\"\nfile = {}\ntopic = \"{}\"\nspeed = {:.1f}\nloop = true\ntime = \"{}\"\n",
      device.name, json_text(file), device.topic, speed, time);
}

/// The `index`th device.
std::string door_of(const demo_site& site, std::size_t index) {
  const auto& device = site.devices[index];
  if (site.example) {
    const auto& as = site.example->devices[index];
    return replayed(device, as.file, as.speed, "original");
  }
  if (index == 0 && site.replay) return replayed(device, *site.replay, 300, "now");
  return machine(site, device, index);
}

/// What the readings of an example say of their time may be long ago.
std::string history_of(const demo_site& site, const demo_node& node) {
  return std::format("\n[history]\nenabled = {}\n{}", node.tier != "edge",
                     site.example ? "retention = \"3650d\"\n" : "");
}

bool has_a_device(const demo_site& site, const demo_node& node) {
  return std::ranges::contains(site.devices, node.id, &demo_device::node);
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
    if (!site.example) out += std::format("\n[[unit]]\nmetric = \"{}\"\nunit = \"{}\"\n", metric, unit);
  }
  out += history_of(site, node);
  out += "\n[rules]\nfolder = \"rules\"\n";
  for (std::size_t i = 0; i < site.devices.size(); ++i) {
    if (site.devices[i].node == node.id) out += door_of(site, i);
  }
  return out;
}

}  // namespace

const demo_node* demo_site::find(std::string_view id) const {
  const auto found = std::ranges::find(nodes, id, &demo_node::id);
  return found == nodes.end() ? nullptr : &*found;
}

std::vector<std::string_view> demo_node_names() { return {"cloud", "fog", "edge-1", "edge-2", "edge-3"}; }

result<demo_example> plan_example(const example& of) {
  demo_example out;
  for (const auto& file : of.files) {
    demo_file made{std::string(file.path), std::string(file.text)};
    if (made.path.starts_with("rules/")) {
      out.rules.push_back(std::move(made));
    } else if (made.path.starts_with("plant/")) {
      out.plant.push_back(std::move(made));
    } else if (made.path == "gateway.toml") {
      auto parsed = node::parse_config({made.path, made.text}, "");
      if (!parsed) return fail(errc::malformed, "the example's gateway.toml is wrong");
      out.devices = std::move(parsed->replays);
    }
  }
  return out;
}

demo_site plan_site(std::string folder, double rate, std::uint64_t seed, std::optional<std::string> replay,
                    std::optional<demo_example> example) {
  demo_site site{std::move(folder), rate, seed, std::move(replay), std::move(example), {}, {}};
  site.nodes.push_back({.id = "cloud", .tier = "cloud", .parent = {}});
  site.nodes.push_back({.id = "fog", .tier = "fog", .parent = "cloud"});
  for (int i = 1; i <= 3; ++i) {
    const auto edge = std::format("edge-{}", i);
    site.nodes.push_back({.id = edge, .tier = "edge", .parent = "fog"});
    if (site.example) continue;
    const auto name = i == 1 && site.replay ? std::string("replay") : std::format("motor-{}", i);
    site.devices.push_back({name, std::format("site/{}/{}", edge, name), edge});
  }
  if (!site.example) return site;
  for (std::size_t i = 0; i < site.example->devices.size(); ++i) {
    const auto& device = site.example->devices[i];
    site.devices.push_back({device.name, device.topic, std::format("edge-{}", i % 3 + 1)});
  }
  return site;
}

std::vector<demo_file> files_of(const demo_site& site, const demo_node& node) {
  std::vector<demo_file> out{{node.id + ".toml", configuration(site, node)}};
  if (site.example) {
    if (!has_a_device(site, node)) return out;
    std::ranges::copy(site.example->rules, std::back_inserter(out));
    std::ranges::copy(site.example->plant, std::back_inserter(out));
  } else if (node.tier == "edge") {
    out.push_back({"rules/trim.rule.sql", std::string(trim_rule)});
    out.push_back({"rules/overheat.rule.sql", std::string(overheat_rule)});
    if (site.replay) out.push_back({"rules/hot.rule.sql", std::string(replay_rule)});
  } else {
    out.push_back({"rules/wear.rule.sql", std::string(wear_rule)});
  }
  return out;
}

}  // namespace perigee::cli

#pragma once
// What a demo consists of: five nodes in three tiers, their devices, and the files that make them what they are.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "cli/examples.hpp"
#include "node/config.hpp"

namespace perigee::cli {

inline constexpr double demo_rate_default = 60;
/// A machine's message has these: speed, load, temperature, current, vibration, running.
inline constexpr double machine_readings = 6;

struct demo_node {
  std::string id;
  std::string tier;
  std::string parent;           // empty at the top
  std::uint16_t mqtt_port = 0;  // for people and devices, plain, on loopback
  std::uint16_t ws_port = 0;    // for the page, plain, on loopback
  std::uint16_t tls_port = 0;   // for children
  std::uint16_t api_port = 0;
  std::uint16_t est_port = 0;    // at the top: where the others enrol
  std::uint16_t cable_port = 0;  // of the supervisor's relay to the parent
};

struct demo_device {
  std::string name;
  std::string topic;
  std::string node;
};

struct demo_file {
  std::string path;  // within the node's home
  std::string text;
};

/// Another plant than the motors: an example's devices, and the rules of whoever has one of them.
struct demo_example {
  std::vector<node::replay_config> devices;
  std::vector<demo_file> rules;  // with their tables and tests
  std::vector<demo_file> plant;
};
/// errc::malformed where its gateway.toml cannot be read.
[[nodiscard]] result<demo_example> plan_example(const example& of);

struct demo_site {
  std::string folder;  // absolute
  double rate = demo_rate_default;
  std::uint64_t seed = 1;
  std::optional<std::string> replay;  // absolute
  std::optional<demo_example> example;
  std::vector<demo_node> nodes;  // parents before children
  std::vector<demo_device> devices;

  [[nodiscard]] const demo_node* find(std::string_view id) const;
  [[nodiscard]] std::string home(const demo_node& of) const { return folder + "/" + of.id; }
  [[nodiscard]] std::string config_file(const demo_node& of) const { return home(of) + "/" + of.id + ".toml"; }
  [[nodiscard]] std::string ledger() const { return folder + "/ledger"; }
};

/// cloud, fog and three edges, without their ports.
[[nodiscard]] demo_site plan_site(std::string folder, double rate, std::uint64_t seed,
                                  std::optional<std::string> replay, std::optional<demo_example> example = {});
[[nodiscard]] std::vector<std::string_view> demo_node_names();

/// The configuration and the rules of one node.
[[nodiscard]] std::vector<demo_file> files_of(const demo_site& site, const demo_node& node);

/// Ports that are free now: one each for every listener of the site.
[[nodiscard]] result<> choose_ports(demo_site& site);
/// Homes and files; at the top the site's authorities and that node's own certificate. The others join. The operator's
/// certificate and the root, ca.crt, are in the site's folder. What comes back is the root's fingerprint.
[[nodiscard]] result<std::string> write_site(const demo_site& site, timestamp now);

}  // namespace perigee::cli

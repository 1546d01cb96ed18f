#pragma once
// The rule sets of examples/, as part of the program (tools/build_examples).

#include <span>
#include <string_view>

namespace perigee::cli {

struct example_file {
  std::string_view path;  // within the example's folder: "rules/door.rule.sql"
  std::string_view text;
};

/// A node's configuration (gateway.toml), its rules and its simulated plant.
struct example {
  std::string_view name;   // of its folder: "cold-chain"
  std::string_view title;  // for people
  std::span<const example_file> files;
};

/// By name.
[[nodiscard]] std::span<const example> examples();

}  // namespace perigee::cli

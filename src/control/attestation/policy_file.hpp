#pragma once
// The operator's file of what a machine may start with (docs/attestation.md, "The policy").

#include <expected>
#include <string>

#include "base/diagnostic.hpp"
#include "control/attestation/boot_policy.hpp"

namespace perigee::control::attestation {

struct policy_file {
  boot_policy boot{};
  std::string manufacturers{};  // a path as it stands in the file; empty: none
};

/// All that is wrong with it at once: codes P0100 to P0115, as in the configuration.
[[nodiscard]] std::expected<policy_file, diagnostics> read_policy(source_text source);

}  // namespace perigee::control::attestation

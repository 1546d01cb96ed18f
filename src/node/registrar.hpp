#pragma once

#include <memory>

#include "api/route.hpp"
#include "control/attestation/verifier.hpp"
#include "node/config.hpp"
#include "node/enrolment_routes.hpp"
#include "node/fleet.hpp"
#include "node/internal_topics.hpp"
#include "node/registry_reports.hpp"
#include "node/things.hpp"

namespace perigee::node {

/// Everything that a node with [identity] has beyond another: the things that it knows and, where it has an authority,
/// the ways in which they enrol. Owned by the node, on its shard; outlives the broker and the API.
class registrar {
 public:
  /// What it stands on. `topics`: where it serves its own; `services`: where what it starts runs.
  struct surroundings {
    io::shard& shard;
    io::disk& disk;
    metrics::registry& metrics;
    doors::mqtt::broker& broker;
    internal_topics& topics;
    journal::journal& log;
    bool has_parent;
    io::scope& services;
  };
  /// Once, before the first connection. errc::io, errc::malformed: a file of the folder.
  [[nodiscard]] static result<std::unique_ptr<registrar>> open(const surroundings& on, const identity_config& chosen,
                                                               const std::string& folder);

  [[nodiscard]] node::things& things() { return *things_; }
  /// What it issues with; null where it issues nothing.
  [[nodiscard]] std::shared_ptr<issuing_site> authority() const { return authority_; }
  [[nodiscard]] api::routes routes();
  void start(io::scope& services);

 private:
  explicit registrar(const identity_config& chosen) : chosen_(chosen) {}

  identity_config chosen_;
  std::unique_ptr<node::things> things_;
  std::shared_ptr<issuing_site> authority_;                   // null where it issues nothing
  std::shared_ptr<control::attestation::verifier> verifier_;  // null where nobody attests itself
  std::unique_ptr<node::fleet> fleet_;                        // null where it issues nothing
  std::unique_ptr<report_writer> writer_;                     // of a gateway
  std::unique_ptr<report_reader> reader_;
};

}  // namespace perigee::node

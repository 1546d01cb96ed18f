#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/link_state.hpp"
#include "io/scope.hpp"
#include "node/config.hpp"
#include "quarantine/keeper.hpp"
#include "readers/bridge/bridge.hpp"

namespace perigee::node {

/// The bridges of a node, as configured. Owned by the node, on its shard; ends when the scope it is started in does.
class bridges {
 public:
  struct surroundings {
    io::shard& shard;
    io::network& network;
    io::disk& disk;
    io::worker& worker;
    journal::journal& log;
    quarantine::keeper& aside;
    metrics::registry& metrics;
  };
  /// errc::malformed where a certificate does not load.
  static result<std::unique_ptr<bridges>> open(const surroundings& in, const config& chosen, prng& random);

  void start(io::scope& services);
  /// Writes down how far they are, on the worker.
  void save();
  [[nodiscard]] std::vector<client::link_state> states();

 private:
  std::vector<std::unique_ptr<readers::bridge::bridge>> all_;
};

}  // namespace perigee::node

#pragma once

#include <memory>
#include <vector>

#include "api/route.hpp"
#include "io/scope.hpp"
#include "node/expiry_watch.hpp"
#include "node/identity_routes.hpp"
#include "node/rotation.hpp"
#include "node/timekeeper.hpp"

namespace perigee::node {

/// How a node keeps its own identity alive: it renews its certificate where it is told to, says in good time what comes
/// to its end, and tells people (GET /api/v1/identity). Owned by the node, on its shard.
class own_identity {
 public:
  /// Outlives it.
  struct means {
    rotation::means to_rotate;
    journal::journal& log;
    const alarm::board& alarms;
  };
  /// errc::refused where [identity] renew asks for an issuing authority that is not there.
  [[nodiscard]] static result<std::unique_ptr<own_identity>> open(const config& chosen, means by);

  void start(io::scope& services);
  /// What is known of the time, for the next run. At a stop.
  void save();
  /// Those of node/identity_routes.hpp too.
  [[nodiscard]] api::routes routes(const things* known, const run_info& running);

 private:
  own_identity(const config& chosen, means by);
  [[nodiscard]] io::task<> watch();
  [[nodiscard]] io::task<> save_hourly();
  void take_site(std::shared_ptr<const site_authority> read);
  [[nodiscard]] api::answer state() const;
  [[nodiscard]] api::answer renew_now();

  const config& chosen_;
  io::shard& on_;
  io::disk& disk_;
  io::worker& worker_;
  timekeeper time_;
  expiry_watch expiry_;
  std::vector<known_certificate> known_;  // at the last look
  std::shared_ptr<issuing_site> site_;    // null: the node issues nothing
  std::unique_ptr<rotation> rotation_;    // null: a person renews the certificate
  std::unique_ptr<rotation> authority_;   // of a gateway that joined as one; else null
};

}  // namespace perigee::node

#pragma once

#include <memory>
#include <vector>

#include "client/link_state.hpp"
#include "io/scope.hpp"
#include "node/config.hpp"
#include "quarantine/keeper.hpp"
#include "readers/delivery/delivery.hpp"
#include "rules/rule_set.hpp"

namespace perigee::node {

/// What the configuration lets rules deliver to.
[[nodiscard]] rules::destinations destinations_of(const config& chosen);

/// Its webhooks and mail. Owned by the node, on its shard; ends when the scope it is started in does.
class deliveries {
 public:
  /// errc::unsupported where there is no libcurl; errc::not_found for a secret that is not there.
  static result<std::unique_ptr<deliveries>> open(io::shard& on, journal::journal& log, quarantine::keeper& aside,
                                                  const config& chosen, prng& random);

  void start(io::scope& services);
  [[nodiscard]] std::vector<client::link_state> states() const;

 private:
  std::vector<std::unique_ptr<readers::delivery::delivery>> all_;
};

}  // namespace perigee::node

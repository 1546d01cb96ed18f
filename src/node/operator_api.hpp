#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "api/server.hpp"
#include "client/link_state.hpp"
#include "doors/mqtt/broker_view.hpp"
#include "io/scope.hpp"
#include "node/audit_log.hpp"
#include "node/certificates.hpp"
#include "node/children.hpp"
#include "node/disk_forecast.hpp"
#include "node/live_values.hpp"
#include "node/node.hpp"
#include "node/operators.hpp"
#include "node/rule_folder.hpp"
#include "readers/alarms/alarms_reader.hpp"
#include "readers/history/history_reader.hpp"
#include "readers/rules/rules_reader.hpp"

namespace perigee::node {

/// The parts of a node that its operators look at; all outlive it. What the node does not have is null.
struct operated {
  journal::journal& log;
  doors::mqtt::broker& broker;
  const node::children& children;
  quarantine::keeper& aside;
  readers::alarms::alarms_reader& alarms;
  metrics::registry& metrics;
  const node::certificates* tls = nullptr;
  gate* users = nullptr;
  readers::history::history_reader* history = nullptr;
  readers::rules::rules_reader* rules = nullptr;
  node::rule_folder* rule_folder = nullptr;
  std::function<std::vector<client::link_state>()> links;
};

/// What a node serves to those who operate it: sessions, values, history, alarms, rules, the journal's figures, and the
/// page itself. Owned by the node, on its shard; ends before the parts it shows.
class operator_api {
 public:
  [[nodiscard]] static result<std::unique_ptr<operator_api>> open(ground on, const config& chosen, operated of);

  [[nodiscard]] api::routes routes();
  /// For the server, whose token is in the node's run.json.
  [[nodiscard]] api::server_options options() const;
  void start(io::scope& services);

 private:
  operator_api(ground on, const config& chosen, operated of);
  [[nodiscard]] io::task<> count();

  ground on_;
  const config& chosen_;
  operated of_;
  doors::mqtt::broker_view broker_;
  live_values values_;
  timestamp started_;
  disk_forecast disk_;
  std::unique_ptr<io::worker> files_;  // for what is not to wait in front of the journal's commits
  std::unique_ptr<audit_log> audit_;
  std::unique_ptr<operators> operators_;
};

}  // namespace perigee::node

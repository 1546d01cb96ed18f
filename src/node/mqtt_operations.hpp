#pragma once

#include <optional>

#include "api/server.hpp"
#include "doors/mqtt/broker_view.hpp"
#include "doors/mqtt/sys_topics.hpp"
#include "io/scope.hpp"
#include "node/config.hpp"
#include "node/run_file.hpp"

namespace perigee::node {

/// What those who operate a node's broker have: routes of the API and `$SYS` topics. Owned by the node, on its shard;
/// ends before the broker.
class mqtt_operations {
 public:
  /// The listeners are looked at when somebody asks for them.
  mqtt_operations(io::shard& on, doors::mqtt::broker& broker, const mqtt_sys_config& sys,
                  const std::vector<run_info::listener>& listeners);

  [[nodiscard]] api::routes routes();
  /// `$SYS`, until cancelled.
  [[nodiscard]] io::task<> run();

 private:
  io::shard& on_;
  doors::mqtt::broker& broker_;
  doors::mqtt::broker_view view_;
  nanoseconds interval_;  // 0: no $SYS
  const std::vector<run_info::listener>& listeners_;
};

}  // namespace perigee::node

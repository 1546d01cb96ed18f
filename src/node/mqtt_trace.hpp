#pragma once

#include <memory>
#include <string_view>

#include "doors/mqtt/broker_view.hpp"
#include "node/line_source.hpp"

namespace perigee::node {

/// The trace of one client as lines of JSON, one a packet.
class mqtt_trace final : public line_source {
 public:
  /// errc::full at limits::mqtt_traces_max.
  [[nodiscard]] static result<std::unique_ptr<mqtt_trace>> start(io::shard& on, doors::mqtt::broker_view& of,
                                                                 std::string_view client_id);

  using line_source::line_source;

 private:
  std::unique_ptr<doors::mqtt::broker_view::trace> trace_;
};

}  // namespace perigee::node

#pragma once

#include <deque>
#include <memory>
#include <string>

#include "api/server.hpp"
#include "doors/mqtt/broker_view.hpp"
#include "io/timer.hpp"

namespace perigee::node {

/// The trace of one client as lines of JSON, one a packet. A reader that is slower than the client misses lines, and is
/// told how many: limits::mqtt_output_bytes_max wait for it, no more. Owned by the answer that sends it, on the
/// broker's shard.
class mqtt_trace final : public api::body_source {
 public:
  /// errc::full at limits::mqtt_traces_max.
  [[nodiscard]] static result<std::unique_ptr<mqtt_trace>> start(io::shard& on, doors::mqtt::broker_view& of,
                                                                 std::string_view client_id);

  explicit mqtt_trace(io::shard& on) : there_(on) {}
  /// All lines that wait; an empty one where nothing happened.
  io::task<std::string> next() override;

 private:
  void take(const doors::mqtt::traced_event& event);
  void add(std::string line);

  io::event there_;
  std::string lines_;
  std::uint64_t missed_ = 0;
  std::unique_ptr<doors::mqtt::broker_view::trace> trace_;
};

}  // namespace perigee::node

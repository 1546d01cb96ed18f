#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "api/message.hpp"
#include "io/timer.hpp"

namespace perigee::node {

/// An answer that goes on: a line of JSON for each thing that happens. A reader that is slower than what happens misses
/// lines, and is told how many: limits::mqtt_output_bytes_max wait for it, no more. Owned by the answer that sends it,
/// on the node's shard.
class line_source : public api::body_source {
 public:
  explicit line_source(io::shard& on) : there_(on) {}
  /// All lines that wait; an empty one where nothing happened.
  io::task<std::string> next() override;

 protected:
  void add(const boost::json::object& what);

 private:
  io::event there_;
  std::string lines_;
  std::uint64_t missed_ = 0;
};

}  // namespace perigee::node

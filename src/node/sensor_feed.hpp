#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/function_ref.hpp"
#include "io/timer.hpp"
#include "journal/journal.hpp"
#include "model/payload.hpp"
#include "node/ledger.hpp"

namespace perigee::node {

/// A sensor that this node plays or simulates: a replayed file or a machine.
struct sensor {
  std::string name;
  std::function<std::optional<timestamp>()> next_due;  // nothing: it is at its end
  std::function<std::size_t(timestamp now, function_ref<bool(const model::record_view&)>)> produce;
};

/// Drives one sensor: appends what is due, waits where the journal has no room, and tells what was acknowledged. Owned
/// by the node, on the journal's shard; ends when `run` is cancelled, or after `pause`.
class sensor_feed {
 public:
  using acked_listener = std::function<void(const acked_reading&)>;

  sensor_feed(io::shard& on, journal::journal& log, sensor from, acked_listener on_acked);

  [[nodiscard]] io::task<> run();
  /// After each commit of the journal.
  void on_commit();
  void pause() { paused_ = true; }

 private:
  struct waiting {
    log_offset at;
    acked_reading record;
  };

  bool append(const model::record_view& r);

  io::shard& on_;
  journal::journal& log_;
  sensor sensor_;
  acked_listener on_acked_;
  model::payload_decoder decoder_;
  std::deque<waiting> waiting_;  // for a commit; bounded by limits::sensor_unacked_max
  bool blocked_ = false;         // the last append found no room
  bool paused_ = false;
};

}  // namespace perigee::node

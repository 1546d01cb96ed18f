#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "sim/link.hpp"
#include "sim/node.hpp"

namespace perigee::sim {

/// What is broken on purpose, to see that the checkers see it.
enum class canary {
  none,
  early_ack,  // the door acknowledges before the commit: P1 must fail
  unstamped,  // the door forgets the device's stamps: P2 must fail
};

/// A device that stamps what it sends and sends it again until it is acknowledged, with the door it talks to at its
/// node. Owned by the site; ends with it.
class sensor {
 public:
  sensor(node& at, std::string name, canary bird);

  /// One reading each `every`, until stop().
  void run(nanoseconds every);
  void stop() { producing_ = false; }
  void cut();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint64_t produced() const { return produced_; }
  [[nodiscard]] const std::set<std::uint64_t>& acknowledged() const { return acknowledged_; }

 private:
  struct owed {
    std::uint64_t sequence;
    model::lane lane;
    log_offset until;
  };

  void connect();
  void publish(std::uint64_t sequence);
  void arrive(std::uint64_t sequence);
  void acknowledge_what_is_durable();
  void acknowledge(std::uint64_t sequence);

  world& world_;
  node& node_;
  const std::string name_;
  const canary bird_;
  pipe up_;
  pipe down_;
  bool producing_ = false;
  bool connected_ = false;
  clock::time_point not_before_{};
  std::uint64_t produced_ = 0;
  std::deque<std::uint64_t> unacknowledged_;  // bounded: limited to a window, then the device waits
  std::set<std::uint64_t> acknowledged_;
  std::vector<owed> owed_;  // by the door
};

}  // namespace perigee::sim

#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>

#include "sim/client_end.hpp"
#include "sim/node.hpp"

namespace perigee::sim {

struct device_options {
  std::string name;
  bool stamped = true;  // says (epoch, sequence); else a plain MQTT client with QoS 1
  nanoseconds every = milliseconds(50);
  double poison = 0;  // chance that a reading is no JSON
};

/// A device: publishes readings with QoS 1 over the wire and sends them again until they are acknowledged. Owned by the
/// site; ends with it.
class device final : private wire::mqtt::client_handler {
 public:
  device(node& at, device_options chosen);

  /// One reading each `every`, until stop().
  void run();
  void stop() { producing_ = false; }
  /// The connection breaks; the device comes back after a while.
  void cut();
  /// The device gives the connection up and makes another while what it sent is still under way.
  void forsake();
  /// It does not read for a while.
  void read_slowly(nanoseconds duration);

  [[nodiscard]] const device_options& chosen() const { return chosen_; }
  [[nodiscard]] const node& at() const { return node_; }
  [[nodiscard]] std::uint64_t produced() const { return produced_; }
  [[nodiscard]] const std::set<std::uint64_t>& acknowledged() const { return acknowledged_; }
  /// Refused for good: the device knows that these are lost.
  [[nodiscard]] const std::set<std::uint64_t>& refused() const { return refused_; }
  [[nodiscard]] bool settled() const { return unacknowledged_.empty(); }

 private:
  void on_connected(const wire::mqtt::connack& answer) override;
  void on_message(const wire::mqtt::publish& message) override;
  void on_acknowledged(std::uint64_t tag, wire::mqtt::reason code) override;
  void on_subscribed(wire::mqtt::packet_id, byte_view) override {}
  void on_closed(wire::mqtt::reason code, const char* what) override;

  void tick();
  void pump();
  [[nodiscard]] bool publish(std::uint64_t number);
  void settle(std::uint64_t number);
  void rest();

  world& world_;
  node& node_;
  const device_options chosen_;
  client_end wire_;
  bool producing_ = false;
  clock::time_point not_before_{};
  std::uint64_t produced_ = 0;
  std::set<std::uint64_t> poison_;            // numbers of readings that are no JSON
  std::deque<std::uint64_t> unacknowledged_;  // bounded: a full window makes the device wait
  std::size_t sent_ = 0;                      // of those, on this connection
  std::set<std::uint64_t> acknowledged_;
  std::set<std::uint64_t> refused_;
};

}  // namespace perigee::sim

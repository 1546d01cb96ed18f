#pragma once

#include <optional>
#include <vector>

#include "base/id.hpp"
#include "model/record.hpp"
#include "wire/mqtt/packet.hpp"

namespace perigee::doors::mqtt::detail {

/// A message of QoS 2 that came in and whose packet id its sender still holds.
struct receipt {
  wire::mqtt::packet_id id = 0;
  model::lane lane = model::lane::bulk;
  log_offset stored{};                   // of the message
  std::optional<log_offset> released{};  // of the record that lets go of the id
};

/// The packet ids of one session between PUBLISH and PUBCOMP (MQTT5 4.3.3): a PUBLISH under one of them is the same
/// message again. At most limits::mqtt_inflight_in_max, in a row by id and lane. Owned by its session.
class receipts {
 public:
  [[nodiscard]] receipt* find(wire::mqtt::packet_id id);
  [[nodiscard]] bool full() const;
  /// What is held already in that lane stays as it is.
  void hold(const receipt& r);
  void forget(wire::mqtt::packet_id id, model::lane l);
  [[nodiscard]] const std::vector<receipt>& all() const { return held_; }

 private:
  std::vector<receipt> held_;
};

}  // namespace perigee::doors::mqtt::detail

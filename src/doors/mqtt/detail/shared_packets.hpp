#pragma once

#include <array>
#include <cstdint>

#include "wire/mqtt/packet.hpp"

namespace perigee::doors::mqtt::detail {

/// One message as it goes out to many, encoded once for all that get it alike: by version, QoS and RETAIN. Only the
/// packet identifier is written anew. Owned by the broker; holds nothing between messages but its memory.
class shared_packets {
 public:
  /// A message is offered to its subscribers: from here to `end`, `packet` may be asked.
  void begin();
  void end() { active_ = false; }
  [[nodiscard]] bool active() const { return active_; }
  /// The PUBLISH in wire form. `p` differs from the others of this message in what is named above and its packet
  /// identifier alone. Valid until the next call.
  [[nodiscard]] byte_view packet(const wire::mqtt::publish& p, wire::mqtt::protocol_version version);

 private:
  struct slot {
    bool filled = false;
    std::size_t at = 0;
    std::size_t size = 0;
    std::size_t id_place = 0;
  };

  bool active_ = false;
  byte_buffer bytes_;
  std::array<slot, 12> slots_;
};

}  // namespace perigee::doors::mqtt::detail

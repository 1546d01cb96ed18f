#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "wire/mqtt/reason.hpp"

namespace perigee::wire::mqtt {

/// One packet at the front of a byte stream, whole or not yet.
struct frame {
  std::uint8_t first_byte = 0;
  byte_view body{};       // views the input; set where `complete`
  std::size_t bytes = 0;  // of the whole packet, header included; 0 while its length is not known yet
  bool complete = false;
};

/// Looks at the packet at the front of `in` and keeps nothing, so that the caller's buffer is the only one: take
/// `frame.bytes` off the front of it where complete, read more where not. packet_too_large where the packet is longer
/// than `packet_bytes_max`, said as soon as its length is known; malformed_packet for a length of more than four bytes.
[[nodiscard]] decoded<frame> next_frame(byte_view in, std::size_t packet_bytes_max);

}  // namespace perigee::wire::mqtt

#include "wire/mqtt/framer.hpp"

namespace perigee::wire::mqtt {

decoded<frame> next_frame(byte_view in, std::size_t packet_bytes_max) {
  frame out;
  if (in.empty()) return out;
  out.first_byte = in[0];
  std::size_t remaining = 0;
  // MQTT5 2.1.4. A length with more bytes than it needs passes here: embedded clients reserve a fixed place for it.
  for (std::size_t i = 1; i <= 4; ++i) {
    if (i >= in.size()) return out;
    remaining |= static_cast<std::size_t>(in[i] & 0x7f) << (7 * (i - 1));
    if (in[i] >= 0x80) continue;
    out.bytes = i + 1 + remaining;
    if (out.bytes > packet_bytes_max) return refuse(reason::packet_too_large, "the packet is over the announced size");
    out.complete = in.size() >= out.bytes;
    if (out.complete) out.body = in.subspan(i + 1, remaining);
    return out;
  }
  return malformed("the remaining length has more than four bytes");
}

}  // namespace perigee::wire::mqtt

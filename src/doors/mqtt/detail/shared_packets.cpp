#include "doors/mqtt/detail/shared_packets.hpp"

namespace perigee::doors::mqtt::detail {

namespace wire = perigee::wire::mqtt;

void shared_packets::begin() {
  active_ = true;
  bytes_.clear();
  slots_.fill({});
}

byte_view shared_packets::packet(const wire::publish& p, wire::protocol_version version) {
  const bool v5 = version == wire::protocol_version::v5;
  auto& of = slots_[static_cast<std::size_t>(p.qos) * 4 + (p.retain ? 2U : 0U) + (v5 ? 1U : 0U)];
  if (!of.filled) {
    of = {true, bytes_.size(), 0, 0};
    encode(p, version, bytes_);
    of.size = bytes_.size() - of.at;
    // MQTT5 3.3.2: the identifier stands behind the topic, which stands behind one to four bytes of length.
    const auto head = of.size - p.payload.size() - wire::properties_size(p.properties, version);
    of.id_place = of.at + head - sizeof(wire::packet_id);
  }
  if (p.qos != wire::qos::at_most_once) {
    bytes_[of.id_place] = static_cast<std::uint8_t>(p.packet_id >> 8);
    bytes_[of.id_place + 1] = static_cast<std::uint8_t>(p.packet_id);
  }
  return byte_view(bytes_).subspan(of.at, of.size);
}

}  // namespace perigee::doors::mqtt::detail

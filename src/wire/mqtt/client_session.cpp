#include "wire/mqtt/client_session.hpp"

#include <algorithm>

namespace perigee::wire::mqtt {

client_session::client_session(options chosen)
    : options_(chosen),
      windows_{window(chosen.inflight_max), window(chosen.inflight_max), window(chosen.inflight_max),
               window(chosen.inflight_max)} {}

std::size_t client_session::in_flight() const {
  std::size_t all = 0;
  for (const auto& each : windows_) all += each.in_flight();
  return all;
}

packet_id client_session::push(std::size_t stream, outgoing what) {
  return id_of(stream, windows_[stream].push(std::move(what)));
}

client_session::outgoing* client_session::find(packet_id id) {
  if (id == 0 || id >= first_request_id) return nullptr;
  const auto [stream, inner] = place_of(id);
  return windows_[stream].find(inner);
}

std::optional<client_session::outgoing> client_session::finish(packet_id id) {
  if (id == 0 || id >= first_request_id) return std::nullopt;
  const auto [stream, inner] = place_of(id);
  return windows_[stream].acknowledge(inner);
}

void client_session::restart(std::size_t stream, std::uint64_t number) {
  windows_[stream].restart(static_cast<packet_id>(number % stream_ids + 1));
}

}  // namespace perigee::wire::mqtt

#pragma once

#include <memory>

#include "io/channel.hpp"
#include "io/detail/arrivals.hpp"

namespace perigee::io::detail {

/// Plain TCP, or any other stream socket, by readiness. The socket is connected and does not block; the channel closes
/// it. Null where the system watches no more sockets: the socket is closed then.
[[nodiscard]] std::unique_ptr<channel> make_tcp_channel(shard& on, channel_user& user, owned_socket socket);

}  // namespace perigee::io::detail

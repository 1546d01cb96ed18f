#pragma once

#include <memory>

#include "io/channel.hpp"
#include "io/detail/arrivals.hpp"
#include "io/detail/tls_socket.hpp"

namespace perigee::io::detail {

/// A TLS connection after its greeting, by readiness. The socket is connected and does not block; the channel closes
/// it. Null where the system watches no more sockets: the socket is closed then.
[[nodiscard]] std::unique_ptr<channel> make_tls_channel(shard& on, channel_user& user, owned_socket socket,
                                                        std::unique_ptr<tls_socket> tls);

}  // namespace perigee::io::detail

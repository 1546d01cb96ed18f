#pragma once
// Connections behind one face: TCP, TLS, WebSocket, secure WebSocket, and one in memory (io/memory_network.hpp).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "io/address_range.hpp"
#include "io/channel.hpp"
#include "io/peer_certificate.hpp"
#include "io/shard.hpp"
#include "io/task.hpp"
#include "io/tls.hpp"

namespace perigee::io {

/// Who is at the other end.
struct peer_info {
  std::string address;    // "127.0.0.1:53124", "[fe80::1%eth0]:53124", "unix:uid=1000,pid=42"
  std::string identity;   // whom a certificate names that the configured authority signed; empty without one
  bool loopback = false;  // on this machine
  std::shared_ptr<const peer_certificate> certificate{};  // that says so; null where none does
};

/// One connection. Owned by the coroutine that serves it; one read and one write may be under way at a time. Ends when
/// closed or destroyed; both are safe while an operation waits only through the scope's cancellation.
class stream {
 public:
  virtual ~stream() = default;
  /// TLS and WebSocket greetings, as the side that this stream is. Nothing to do for TCP. Call once, first.
  [[nodiscard]] virtual task<> handshake() = 0;
  /// At least one byte; errc::closed at the peer's end.
  [[nodiscard]] virtual task<std::size_t> read_some(byte_span into) = 0;
  /// All bytes or an error.
  [[nodiscard]] virtual task<> write(byte_view bytes) = 0;
  /// Ends waiting operations with errc::closed. Says TLS close-notify only if that does not wait.
  virtual void close() noexcept = 0;
  /// After the handshake, in place of read_some and write: the connection as a channel on the stream's shard, which
  /// takes the socket along, so that this stream can go. Null where it has none of its own: open_channel helps then.
  [[nodiscard]] virtual std::unique_ptr<channel> make_channel(shard&, channel_user&) { return nullptr; }
  /// The identity is known after the handshake.
  [[nodiscard]] virtual const peer_info& peer() const = 0;
};

/// Proxies that say who the client is, in a PROXY header (wire/proxy/header.hpp) before all else.
struct trusted_proxies {
  std::vector<address_range> from;  // connections from elsewhere are refused; a Unix socket's are not looked at
  bool name_clients = false;        // a certificate that the proxy has verified says who the client is
};

/// How a listener takes its connections.
struct accepting {
  bool ipv6_only = false;             // "::" takes no IPv4
  unsigned socket_mode = 0660;        // of a Unix socket's file
  std::uint32_t connections_max = 0;  // open at once; one more is closed. 0: no bound
  bool name_by_uid = false;           // the peer of a Unix socket is called "uid-1000"
  std::optional<trusted_proxies> proxies{};
};

/// Where and how. `tls` null means plain; `websocket` speaks MQTT over WebSocket (subprotocol "mqtt", MQTT5 6.0).
struct endpoint {
  std::string host;
  std::uint16_t port = 0;
  std::shared_ptr<tls_context> tls;
  bool websocket = false;
  std::string path{};  // of a Unix socket, in place of host and port
  accepting how{};     // where it is listened on
  /// Of a client: the name that the server's certificate must have, and that it is asked for (SNI). Empty: `host`.
  std::string server_name{};
};

/// Owned by the door that listens. Ends when closed.
class acceptor {
 public:
  virtual ~acceptor() = default;
  /// The next connection, before its handshake. errc::full where the process has no more file descriptors: whoever came
  /// was turned away.
  [[nodiscard]] virtual task<std::unique_ptr<stream>> accept() = 0;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  virtual void close() noexcept = 0;
};

/// A place to listen and connect. Owned by the node; on one shard.
class network {
 public:
  virtual ~network() = default;
  /// Port 0 takes any free one. errc::exists when the port or the Unix socket is taken by a living process; a socket
  /// file that a dead one left is replaced.
  [[nodiscard]] virtual result<std::unique_ptr<acceptor>> listen(const endpoint& at) = 0;
  /// Connected and greeted, or an error by the deadline.
  [[nodiscard]] virtual task<std::unique_ptr<stream>> connect(const endpoint& to, clock::time_point deadline) = 0;
};

[[nodiscard]] std::unique_ptr<network> real_network(shard& on);

}  // namespace perigee::io

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/metrics.hpp"
#include "io/scope.hpp"
#include "io/stream.hpp"

namespace perigee::api {

struct answer {
  unsigned status = 200;
  std::string_view type = "application/json";
  std::string body;
};

/// What is served under a path. `open` paths answer anybody; the others a peer on loopback or one that showed a
/// certificate of the configured authority (promise P10).
struct route {
  std::function<answer()> make;
  bool open = false;
};
using routes = std::map<std::string, route, std::less<>>;

/// HTTP/1.1 (RFC 9112) over whatever the acceptor gives, GET and HEAD only. Owned by the node, on its shard; ends when
/// `run` is cancelled. At most limits::http_connections_max connections: one more is closed at once.
class server {
 public:
  server(io::shard& on, std::unique_ptr<io::acceptor> at, routes served, metrics::registry& registry);

  [[nodiscard]] io::task<> run();
  [[nodiscard]] std::uint16_t port() const { return at_->port(); }

 private:
  io::task<> serve(std::unique_ptr<io::stream> stream);
  io::task<> converse(io::stream& stream, clock::time_point& deadline);
  io::task<> watch(io::stream& stream, const clock::time_point& deadline);
  [[nodiscard]] answer respond(std::string_view method, std::string_view path, const io::peer_info& peer) const;

  io::shard& on_;
  std::unique_ptr<io::acceptor> at_;
  routes served_;
  metrics::counter& requests_;
  metrics::counter& refused_;
  io::scope connections_;
};

}  // namespace perigee::api

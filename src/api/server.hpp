#pragma once

#include <list>

#include "api/connection.hpp"
#include "api/dispatcher.hpp"
#include "api/rate_limit.hpp"
#include "base/metrics.hpp"
#include "io/scope.hpp"
#include "io/stream.hpp"
#include "io/worker.hpp"

namespace perigee::api {

struct server_options {
  std::string token{};            // of the node's run.json; empty: nobody has one
  sessions* signed_in = nullptr;  // outlives the server
  audit_port* audit = nullptr;    // outlives the server
  bool secure = false;            // the acceptor speaks TLS
  people_port* people = nullptr;  // outlives the server
  doorkeeper::certificate_check whose{};
};

/// HTTP/1.1 (RFC 9112) over whatever the acceptor gives. Owned by the node, on its shard; ends when `run` is cancelled.
/// At most limits::http_connections_max connections: for one more the oldest that sends nothing whole is closed, so
/// that slow clients keep nobody out, and where each is being answered the new one. Large bodies are compressed on a
/// worker of its own.
class server final : private responder {
 public:
  server(io::shard& on, std::unique_ptr<io::acceptor> at, routes served, server_options options,
         metrics::registry& registry);
  ~server() override;

  [[nodiscard]] io::task<> run();
  [[nodiscard]] std::uint16_t port() const { return at_->port(); }

 private:
  [[nodiscard]] io::task<> serve(std::unique_ptr<io::stream> stream);
  [[nodiscard]] io::task<answer> respond(question asked) override;
  [[nodiscard]] std::uint32_t body_bytes_max(question head) override;
  void refused(const io::peer_info& who, unsigned status) override;
  [[nodiscard]] bool make_room();
  [[nodiscard]] io::task<> tell_refusals();
  [[nodiscard]] io::task<> encode(const question& asked, answer& made);

  io::shard& on_;
  std::unique_ptr<io::acceptor> at_;
  bool secure_;
  dispatcher front_;
  rate_limit rates_;
  metrics::counter& requests_;
  metrics::counter& refused_;
  metrics::counter& slowed_down_;
  std::unique_ptr<io::worker> worker_;
  std::list<connection*> open_;  // by age
  io::scope chores_;
  io::scope connections_;
};

}  // namespace perigee::api

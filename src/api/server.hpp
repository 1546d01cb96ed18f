#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.hpp"
#include "io/scope.hpp"
#include "io/stream.hpp"

namespace perigee::api {

/// A body that is not at hand as a whole: it is sent piece by piece as it comes (RFC 9112 7.1). Owned by its answer;
/// ends with the last piece, or when the client leaves.
class body_source {
 public:
  virtual ~body_source() = default;
  /// The next piece, empty at the end. It comes within `silence_max`, if only as a sign of life: so that a client that
  /// went away is noticed.
  [[nodiscard]] virtual io::task<std::string> next() = 0;

  static constexpr std::chrono::seconds silence_max{5};
};

struct answer {
  unsigned status = 200;
  std::string_view type = "application/json";
  std::string body{};
  std::unique_ptr<body_source> goes_on{};  // in place of `body`
};

/// An error as RFC 9457 has it; the title is for a person.
[[nodiscard]] answer problem(unsigned status, std::string_view title);

/// What a handler is asked.
struct request {
  std::string path;                   // without the query
  std::string from;                   // who asks: the certificate's name and the address
  std::vector<std::string> captured;  // what stands in the path where the pattern has {...}, in order; decoded
  std::map<std::string, std::string, std::less<>> query{};  // decoded

  /// Of the query; nothing where it is not there.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
};
using handler = std::function<io::task<answer>(request)>;

/// A handler that waits for nothing.
[[nodiscard]] handler at_once(std::function<answer(const request&)> make);

/// Who is answered (promise P10).
enum class access {
  anybody,
  known_peer,    // on loopback, or with a certificate of the configured authority
  token_bearer,  // a known peer that shows the node's token too: no web page in somebody's browser has that
};

/// What is served: a method and a pattern whose segments are literal or `{name}`, which stands for any one segment. A
/// route for GET serves HEAD.
struct route {
  std::string_view method = "GET";
  std::string pattern;
  handler answer_with;
  access to = access::known_peer;
};
using routes = std::vector<route>;

/// HTTP/1.1 (RFC 9112) over whatever the acceptor gives; requests have no body. Owned by the node, on its shard; ends
/// when `run` is cancelled. At most limits::http_connections_max connections: one more is closed at once.
class server {
 public:
  server(io::shard& on, std::unique_ptr<io::acceptor> at, routes served, std::string token,
         metrics::registry& registry);

  [[nodiscard]] io::task<> run();
  [[nodiscard]] std::uint16_t port() const { return at_->port(); }

 private:
  io::task<> serve(std::unique_ptr<io::stream> stream);
  io::task<> converse(io::stream& stream, clock::time_point& deadline);
  io::task<> watch(io::stream& stream, const clock::time_point& deadline);
  struct question;
  struct reply;
  io::task<reply> respond(question asked);
  io::task<> pour(io::stream& stream, body_source& from, bool chunked, clock::time_point& deadline);
  [[nodiscard]] bool shows_token(std::string_view authorization) const;

  io::shard& on_;
  std::unique_ptr<io::acceptor> at_;
  routes served_;
  std::string token_;
  metrics::counter& requests_;
  metrics::counter& refused_;
  io::scope connections_;
};

}  // namespace perigee::api

#pragma once
// A request as HTTP brought it, and how its bytes are read. Sans-IO.

#include <functional>
#include <memory>
#include <string>

#include "api/message.hpp"
#include "base/bytes.hpp"
#include "io/stream.hpp"

namespace perigee::api {

/// The parts of a request that are looked at here.
struct question {
  std::string method{};
  std::string target{};
  std::string host{};
  std::string authorization{};
  std::string cookie{};
  std::string csrf{};
  std::string origin{};
  std::string accept{};
  std::string accept_encoding{};
  std::string if_none_match{};
  std::string content_type{};
  std::string body{};
  bool keep_alive = false;
  bool knows_chunks = false;  // HTTP/1.1
  io::peer_info peer{};
  bool secure = false;
};

/// Takes the requests of one connection out of its bytes (RFC 9112): at most limits::http_header_bytes_max of head
/// each, and of body what its bound says. Owned by the connection.
class request_reader {
 public:
  enum class step {
    wants_more,
    expects_continue,  // RFC 9110 10.1.1; said once, then more is wanted
    whole,             // take() it
    refused,           // answer with refusal(), and close
  };

  /// How large a body is read behind this head, whose `body` and `peer` are not there yet.
  using body_bound = std::function<std::uint32_t(const question& head)>;

  /// Without a bound of its own it is limits::http_request_body_bytes_max for all.
  explicit request_reader(body_bound bound = {});
  ~request_reader();
  request_reader(const request_reader&) = delete;
  request_reader& operator=(const request_reader&) = delete;

  /// Where the next bytes go, at least one; then `filled` with how many came.
  [[nodiscard]] byte_span room();
  void filled(std::size_t n);
  [[nodiscard]] step next();
  [[nodiscard]] question take();
  [[nodiscard]] const answer& refusal() const;
  /// Bytes of a request that is not whole yet are here.
  [[nodiscard]] bool in_request() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace perigee::api

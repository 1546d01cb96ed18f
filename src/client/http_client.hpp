#pragma once
// One question to a node's API, over HTTP/1.1.

#include <functional>
#include <string>
#include <string_view>

#include "client/https_address.hpp"
#include "io/stream.hpp"

namespace perigee::client {

struct http_answer {
  unsigned status = 0;
  std::string body;
  std::string head{};  // its status line and fields, as they came
};

/// The value of a field of an answer's head (RFC 9110 5.1: names in any case); empty where there is none.
[[nodiscard]] std::string_view field_of(const http_answer& answer, std::string_view name);

struct http_question {
  std::string method;
  std::string path;
  std::string token;   // of the node's run.json; empty: none is shown
  std::string type{};  // of the body; empty: there is none
  std::string body{};
  std::function<void(std::size_t sent)> on_sent{};  // how many bytes of the body so far; may be null
  std::string authorization{};                      // the header, in place of the token
};

/// HTTP/1.1 on a connection of its own; errc::timed_out at the deadline, errc::malformed for what is no
/// answer, errc::too_large past a mebibyte.
[[nodiscard]] io::task<http_answer> http_ask(io::shard& on, io::network& network, io::endpoint at,
                                             http_question question, clock::time_point deadline);
/// The same on a connection that stands, without a deadline: an answer of 200 goes to `take` as its body comes, until
/// that says false or it ends; `body` is then empty. Any other status comes back whole.
using piece_taker = std::function<bool(std::string_view piece)>;
[[nodiscard]] io::task<http_answer> http_follow(io::stream& stream, std::string_view host,
                                                const http_question& question, piece_taker take);
/// The same for GET and no token.
[[nodiscard]] io::task<http_answer> http_get(io::shard& on, io::network& network, io::endpoint at, std::string path,
                                             clock::time_point deadline);

/// Takes a body in chunks apart as it comes (RFC 9112 7.1).
class chunk_reader {
 public:
  /// Appends what of the body is in `in`. errc::malformed; errc::too_large for a head of a chunk without end.
  [[nodiscard]] result<> take(std::string_view in, std::string& body);
  /// The last chunk has come.
  [[nodiscard]] bool done() const { return done_; }

 private:
  std::string head_;      // of a chunk, while it is not whole
  std::size_t left_ = 0;  // of a chunk, its end of line included
  bool done_ = false;
};

/// Splits head from body. Public for its test.
[[nodiscard]] result<http_answer> parse_http_answer(std::string_view bytes);

}  // namespace perigee::client

#pragma once

#include "api/question.hpp"
#include "io/scope.hpp"
#include "io/stream.hpp"

namespace perigee::api {

/// Who answers the questions of a connection; outlives it.
class responder {
 public:
  virtual ~responder() = default;
  [[nodiscard]] virtual io::task<answer> respond(question asked) = 0;
  /// How large a body is read behind this head: more than usual only for who may send it.
  [[nodiscard]] virtual std::uint32_t body_bytes_max(question head) = 0;
  /// What came was no request that is answered, and the connection ends with this status.
  virtual void refused(const io::peer_info& who, unsigned status) = 0;
};

/// One client: its requests one after another, until it leaves, is silent or too slow, or sends what is no request.
/// Owned by the coroutine that serves it, on the server's shard.
class connection {
 public:
  connection(io::shard& on, std::unique_ptr<io::stream> stream, responder& by);

  /// errc::closed for a client that left; any other error was the client's or the connection's.
  [[nodiscard]] io::task<> run();
  [[nodiscard]] const std::string& address() const { return stream_->peer().address; }
  /// Nothing is being done for it: it is the client's turn.
  [[nodiscard]] bool waits() const { return now_ != phase::answering && now_ != phase::ending; }
  /// For another that is heard in its place.
  void end();

 private:
  enum class phase { greeting, idle, reading, answering, ending };

  [[nodiscard]] std::uint32_t bound_body(question head);
  [[nodiscard]] io::task<> watch();
  [[nodiscard]] io::task<> say_too_slow();
  [[nodiscard]] io::task<> converse();
  [[nodiscard]] io::task<question> read();
  [[nodiscard]] io::task<> refuse(const answer& why);
  [[nodiscard]] io::task<> write(const question& asked, const answer& made, bool stays);
  [[nodiscard]] io::task<> pour(body_source& from, bool chunked);
  [[nodiscard]] io::task<> write_pieces(body_source& from, bool chunked);

  io::shard& on_;
  std::unique_ptr<io::stream> stream_;
  responder& by_;
  request_reader reader_;
  clock::time_point deadline_;
  phase now_ = phase::greeting;
};

/// An answer's head and, where `with_body`, its body.
struct wire_form {
  bool keep_alive = false;
  bool with_body = true;
  bool chunked = true;  // the client knows what that is
};
[[nodiscard]] std::string to_wire(const answer& of, const wire_form& how);

}  // namespace perigee::api

#include "api/connection.hpp"

#include <boost/beast/http/status.hpp>
#include <format>

#include "base/limits.hpp"
#include "io/timer.hpp"

namespace perigee::api {
namespace {

using namespace std::chrono_literals;

constexpr auto idle_max = 30s;     // between requests of one connection
constexpr auto request_max = 10s;  // from a request's first byte to its answer's last, or a piece's
constexpr auto upload_max = 60s;   // the same, for a body that is larger than usual
constexpr auto farewell_max = 1s;  // for saying that it took too long

}  // namespace

std::string to_wire(const answer& of, const wire_form& how) {
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(of.status));
  auto out = std::format("HTTP/1.1 {} {}\r\n", of.status, std::string_view(reason));
  // RFC 9110 6.6.1. The page tells from it how far the browser's clock is off.
  const auto now = std::chrono::sys_time<nanoseconds>(nanoseconds(clock::wall().ns));
  out += std::format("Date: {:%a, %d %b %Y %T} GMT\r\n", std::chrono::floor<std::chrono::seconds>(now));
  // RFC 9110 8.6: what has no content does not say how long it is.
  const bool empty = of.status == 204 || of.status == 304;
  if (!empty) out += std::format("Content-Type: {}\r\n", of.type);
  if (of.goes_on == nullptr && !empty) out += std::format("Content-Length: {}\r\n", of.body.size());
  if (of.goes_on != nullptr && how.chunked) out += "Transfer-Encoding: chunked\r\n";
  out += std::format("Connection: {}\r\nX-Content-Type-Options: nosniff\r\n", how.keep_alive ? "keep-alive" : "close");
  for (const auto& [name, value] : of.headers) out += std::format("{}: {}\r\n", name, value);
  out += "\r\n";
  if (how.with_body && !empty) out += of.body;
  return out;
}

connection::connection(io::shard& on, std::unique_ptr<io::stream> stream, responder& by)
    : on_(on),
      stream_(std::move(stream)),
      by_(by),
      reader_([this](const question& head) { return bound_body(head); }),
      deadline_(clock::now() + request_max) {}

std::uint32_t connection::bound_body(question head) {
  head.peer = stream_->peer();
  const auto most = by_.body_bytes_max(std::move(head));
  if (most > limits::http_request_body_bytes_max) deadline_ = clock::now() + upload_max;
  return most;
}

void connection::end() {
  now_ = phase::ending;
  stream_->close();
}

io::task<> connection::run() {
  io::scope watching(on_);
  watching.spawn("api", watch());
  auto outcome = co_await stream_->handshake();
  if (outcome) outcome = co_await converse();
  stream_->close();
  (void)co_await watching.close();  // the watch has nothing of its own to say
  co_return outcome;
}

/// Closes a connection that takes too long, wherever it waits.
io::task<> connection::watch() {
  while (clock::now() < deadline_) {
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, deadline_ - clock::now()));
  }
  if (now_ == phase::reading) {
    io::scope saying(on_);
    saying.spawn("api", say_too_slow());
    (void)co_await io::sleep_for(on_, farewell_max);
    stream_->close();
    co_return co_await saying.close();
  }
  stream_->close();
  co_return result<>();
}

/// It may wait, for whoever does not send may not read either.
io::task<> connection::say_too_slow() {
  by_.refused(stream_->peer(), 408);
  const auto late =
      to_wire(problem({.status = 408, .title = "The request took too long.", .type = "/problems/too-slow"}), {});
  co_return co_await stream_->write(as_bytes(late));
}

io::task<> connection::converse() {
  for (;;) {
    PG_CO_TRY(auto asked, co_await read());
    now_ = phase::answering;
    question kept{.method = asked.method, .keep_alive = asked.keep_alive, .knows_chunks = asked.knows_chunks};
    PG_CO_TRY(const auto made, co_await by_.respond(std::move(asked)));
    const bool stays = kept.keep_alive && made.goes_on == nullptr;
    PG_CO_TRY_VOID(co_await write(kept, made, stays));
    if (made.goes_on && kept.method != "HEAD") co_return co_await pour(*made.goes_on, kept.knows_chunks);
    if (!stays) co_return result<>();
    now_ = phase::idle;
    deadline_ = clock::now() + idle_max;
  }
}

io::task<question> connection::read() {
  if (reader_.in_request()) {  // a pipelined one
    now_ = phase::reading;
    deadline_ = clock::now() + request_max;
  }
  for (;;) {
    switch (reader_.next()) {
      case request_reader::step::whole: {
        auto asked = reader_.take();
        asked.peer = stream_->peer();
        co_return asked;
      }
      case request_reader::step::refused:
        PG_CO_TRY_VOID(co_await refuse(reader_.refusal()));
        co_return fail(errc::malformed, "not an HTTP request that is served here");
      case request_reader::step::expects_continue:
        PG_CO_TRY_VOID(co_await stream_->write(as_bytes("HTTP/1.1 100 Continue\r\n\r\n")));
        break;
      case request_reader::step::wants_more: break;
    }
    PG_CO_TRY(const auto n, co_await stream_->read_some(reader_.room()));
    if (!reader_.in_request()) {
      now_ = phase::reading;
      deadline_ = clock::now() + request_max;
    }
    reader_.filled(n);
  }
}

/// Says why, and lets the client read it: what it still sends would otherwise reset the connection before it has
/// (RFC 9112 9.6).
io::task<> connection::refuse(const answer& why) {
  now_ = phase::answering;
  by_.refused(stream_->peer(), why.status);
  const auto text = to_wire(why, {});
  PG_CO_TRY_VOID(co_await stream_->write(as_bytes(text)));
  deadline_ = clock::now() + farewell_max;
  now_ = phase::idle;  // another may have its place
  byte_buffer unheard(4096);
  for (bool open = true; open;) open = (co_await stream_->read_some(unheard)).has_value();
  co_return result<>();
}

io::task<> connection::write(const question& asked, const answer& made, bool stays) {
  deadline_ = clock::now() + request_max;
  const auto wire =
      to_wire(made, {.keep_alive = stays, .with_body = asked.method != "HEAD", .chunked = asked.knows_chunks});
  co_return co_await stream_->write(as_bytes(wire));
}

/// Until the body's end or the client's, whichever comes first. What the client still says is not heard.
io::task<> connection::pour(body_source& from, bool chunked) {
  io::scope writing(on_);
  writing.spawn("api", write_pieces(from, chunked));
  byte_buffer unheard(512);
  for (bool open = true; open;) open = (co_await stream_->read_some(unheard)).has_value();
  co_return co_await writing.close();
}

/// To the end of the body, and of the connection with it.
io::task<> connection::write_pieces(body_source& from, bool chunked) {
  for (bool more = true; more;) {
    deadline_ = clock::now() + body_source::silence_max + request_max;
    PG_CO_TRY(const auto piece, co_await from.next());
    more = !piece.empty();
    // RFC 9112 7.1: the last chunk has no bytes.
    const auto framed = chunked ? std::format("{:x}\r\n{}\r\n", piece.size(), piece) : piece;
    deadline_ = clock::now() + request_max;
    if (!framed.empty() && !co_await stream_->write(as_bytes(framed))) break;  // whoever reads sees it too
  }
  stream_->close();
  co_return result<>();
}

}  // namespace perigee::api

#include "api/server.hpp"

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <format>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "io/timer.hpp"

namespace perigee::api {
namespace {

namespace http = boost::beast::http;
using namespace std::chrono_literals;

constexpr auto idle_max = 30s;     // between requests of one connection
constexpr auto request_max = 10s;  // from a request's first byte to its answer's last

answer problem(unsigned status, std::string_view what) {
  return {status, "application/problem+json",
          std::format(R"({{"status":{},"title":"{}"}})", status, what)};  // RFC 9457
}

std::string in_wire_form(const answer& a, bool keep_alive, bool with_body) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(a.status));
  return std::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: {}\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\n\r\n{}",
      a.status, std::string_view(reason), a.type, a.body.size(), keep_alive ? "keep-alive" : "close",
      with_body ? std::string_view(a.body) : std::string_view());
}

}  // namespace

server::server(io::shard& on, std::unique_ptr<io::acceptor> at, routes served, metrics::registry& registry)
    : on_(on),
      at_(std::move(at)),
      served_(std::move(served)),
      requests_(registry.make_counter("perigee_http_requests_total", "HTTP requests answered")),
      refused_(registry.make_counter("perigee_http_refused_total", "HTTP connections and requests refused")),
      connections_(on) {}

io::task<> server::run() {
  for (;;) {
    auto accepted = co_await at_->accept();
    if (!accepted && is(accepted.error(), errc::cancelled)) break;
    if (!accepted) {
      // Out of descriptors, most likely: let connections end before the next try.
      if (!co_await io::sleep_for(on_, 100ms)) break;
    } else if (connections_.running() >= limits::http_connections_max) {
      refused_.add();
    } else {
      connections_.spawn("api", serve(std::move(*accepted)));
    }
  }
  at_->close();
  co_return co_await connections_.close();
}

io::task<> server::serve(std::unique_ptr<io::stream> stream) {
  auto deadline = clock::now() + request_max;
  io::scope watching(on_);
  watching.spawn("api", watch(*stream, deadline));
  auto outcome = co_await stream->handshake();
  if (outcome) outcome = co_await converse(*stream, deadline);
  stream->close();
  (void)co_await watching.close();  // the watch has nothing of its own to say
  if (!outcome && !is(outcome.error(), errc::closed) && !is(outcome.error(), errc::cancelled)) {
    refused_.add();
    log::debug("api", "{}: {}", stream->peer().address, outcome.error().text());
  }
  co_return result<>();
}

/// Closes a connection that takes too long, wherever it waits.
io::task<> server::watch(io::stream& stream, const clock::time_point& deadline) {
  while (clock::now() < deadline) {
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, deadline - clock::now()));
  }
  stream.close();
  co_return result<>();
}

io::task<> server::converse(io::stream& stream, clock::time_point& deadline) {
  boost::beast::flat_buffer buffer(limits::http_header_bytes_max);
  for (;;) {
    http::request_parser<http::empty_body> parser;
    parser.header_limit(limits::http_header_bytes_max);
    parser.body_limit(0);
    bool wants_more = buffer.size() == 0;  // a pipelined request may be here already
    while (!parser.is_done()) {
      if (wants_more) {
        const auto room = buffer.prepare(std::min<std::size_t>(4096, buffer.max_size() - buffer.size()));
        PG_CO_TRY(const auto n, co_await stream.read_some({static_cast<std::uint8_t*>(room.data()), room.size()}));
        if (buffer.size() == 0 && !parser.got_some()) deadline = clock::now() + request_max;
        buffer.commit(n);
      }
      boost::system::error_code ec;
      buffer.consume(parser.put(buffer.data(), ec));
      if (ec && ec != http::error::need_more) {
        const auto bad = in_wire_form(problem(400, "This is not an HTTP request that is served here."), false, true);
        PG_CO_TRY_VOID(co_await stream.write(as_bytes(bad)));
        co_return fail(errc::malformed, "not an HTTP request");
      }
      if (buffer.size() == buffer.max_size()) co_return fail(errc::too_large, "the request's header is too large");
      wants_more = true;
    }
    const auto& request = parser.get();
    const auto reply = respond(request.method_string(), request.target(), stream.peer());
    requests_.add();
    const bool with_body = request.method() != http::verb::head;
    const auto wire = in_wire_form(reply, request.keep_alive(), with_body);
    PG_CO_TRY_VOID(co_await stream.write(as_bytes(wire)));
    if (!request.keep_alive()) co_return result<>();
    deadline = clock::now() + idle_max;
  }
}

answer server::respond(std::string_view method, std::string_view path, const io::peer_info& peer) const {
  if (method != "GET" && method != "HEAD") return problem(405, "Only GET and HEAD are served.");
  const auto found = served_.find(path.substr(0, path.find('?')));
  if (found == served_.end()) return problem(404, "There is nothing under this path.");
  if (!found->second.open && !peer.loopback && peer.identity.empty()) {
    refused_.add();
    return problem(401, "Show a client certificate of this site's authority.");
  }
  return found->second.make();
}

}  // namespace perigee::api

#include "api/server.hpp"

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>
#include <format>
#include <optional>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/percent.hpp"
#include "io/timer.hpp"

namespace perigee::api {
namespace {

namespace http = boost::beast::http;
using namespace std::chrono_literals;

constexpr auto idle_max = 30s;     // between requests of one connection
constexpr auto request_max = 10s;  // from a request's first byte to its answer's last, or a piece's

/// The segments that stand where the pattern has {...}, as they are; nothing where the path is another.
std::optional<std::vector<std::string>> captures(std::string_view pattern, std::string_view path) {
  std::vector<std::string> out;
  while (!pattern.empty() && !path.empty()) {
    const auto wanted = pattern.substr(0, pattern.find('/', 1));
    const auto given = path.substr(0, path.find('/', 1));
    const bool any = wanted.starts_with("/{");
    if (any ? given.size() < 2 : wanted != given) return std::nullopt;
    if (any) out.emplace_back(given.substr(1));
    pattern.remove_prefix(wanted.size());
    path.remove_prefix(given.size());
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return out;
}

/// A body is refused, whatever its length.
answer refusal_of(const boost::system::error_code& why) {
  if (why == http::error::body_limit || why == http::error::unexpected_body)
    return problem(413, "Requests have no body here.");
  return problem(400, "This is not an HTTP request that is served here.");
}

/// Takes as long wherever the first difference stands.
bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  volatile unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference = difference | static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

bool serves(const route& r, std::string_view method) {
  return r.method == method || (r.method == "GET" && method == "HEAD");
}

/// "a=1&b=%20": a name without a value has an empty one; the last of a name counts. Nothing where it is misspelt.
std::optional<std::map<std::string, std::string, std::less<>>> query_of(std::string_view target) {
  std::map<std::string, std::string, std::less<>> out;
  const auto mark = target.find('?');
  auto rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  while (!rest.empty()) {
    const auto one = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    const auto sign = std::min(one.find('='), one.size());
    auto name = percent_decode(one.substr(0, sign));
    auto value = percent_decode(one.substr(std::min(sign + 1, one.size())));
    if (!name || !value) return std::nullopt;
    out.insert_or_assign(*std::move(name), *std::move(value));
  }
  return out;
}

/// False where one is misspelt.
bool decode_all(std::vector<std::string>& segments) {
  for (auto& each : segments) {
    auto decoded = percent_decode(each);
    if (!decoded) return false;
    each = *std::move(decoded);
  }
  return true;
}

std::string path_of(std::string_view target) { return std::string(target.substr(0, target.find('?'))); }

std::string name_of(const io::peer_info& peer) {
  return peer.identity.empty() ? peer.address : std::format("{} ({})", peer.identity, peer.address);
}

io::task<answer> ready(answer made) { co_return std::move(made); }

/// To the end of the body, and of the connection with it.
io::task<> write_pieces(io::stream& stream, body_source& from, bool chunked, clock::time_point& deadline) {
  for (bool more = true; more;) {
    deadline = clock::now() + body_source::silence_max + request_max;
    PG_CO_TRY(const auto piece, co_await from.next());
    more = !piece.empty();
    // RFC 9112 7.1: the last chunk has no bytes.
    const auto framed = chunked ? std::format("{:x}\r\n{}\r\n", piece.size(), piece) : piece;
    deadline = clock::now() + request_max;
    if (!framed.empty() && !co_await stream.write(as_bytes(framed))) break;  // whoever reads sees it too
  }
  stream.close();
  co_return result<>();
}

}  // namespace

struct server::question {
  std::string method;
  std::string target;
  std::string authorization;
  io::peer_info peer;
};

struct server::reply {
  answer what;
  std::string header;  // a further line of the head, with its end

  /// `chunked`: the client knows what that is.
  [[nodiscard]] std::string in_wire_form(bool keep_alive, bool with_body, bool chunked) const {
    const auto reason = http::obsolete_reason(static_cast<http::status>(what.status));
    const auto length = what.goes_on == nullptr ? std::format("Content-Length: {}\r\n", what.body.size())
                        : chunked               ? std::string("Transfer-Encoding: chunked\r\n")
                                                : std::string();
    return std::format(
        "HTTP/1.1 {} {}\r\nContent-Type: {}\r\n{}Connection: {}\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n{}\r\n{}",
        what.status, std::string_view(reason), what.type, length, keep_alive ? "keep-alive" : "close", header,
        with_body ? std::string_view(what.body) : std::string_view());
  }
};

answer problem(unsigned status, std::string_view title) {
  return {status, "application/problem+json",
          std::format("{{\"status\":{},\"title\":{}}}\n", status, boost::json::serialize(boost::json::string(title)))};
}

std::optional<std::string_view> request::parameter(std::string_view name) const {
  const auto found = query.find(name);
  return found == query.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

handler at_once(std::function<answer(const request&)> make) {
  return [make = std::move(make)](const request& asked) { return ready(make(asked)); };
}

server::server(io::shard& on, std::unique_ptr<io::acceptor> at, routes served, std::string token,
               metrics::registry& registry)
    : on_(on),
      at_(std::move(at)),
      served_(std::move(served)),
      token_(std::move(token)),
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
    parser.eager(true);                    // a body that came along is seen, and refused, at once
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
        PG_CO_TRY_VOID(co_await stream.write(as_bytes(reply{refusal_of(ec), {}}.in_wire_form(false, true, true))));
        co_return fail(errc::malformed, "not an HTTP request that is served here");
      }
      if (buffer.size() == buffer.max_size()) co_return fail(errc::too_large, "the request's header is too large");
      wants_more = true;
    }
    const auto& request = parser.get();
    PG_CO_TRY(const auto said, co_await respond({std::string(request.method_string()), std::string(request.target()),
                                                 std::string(request[http::field::authorization]), stream.peer()}));
    requests_.add();
    const bool stays = request.keep_alive() && said.what.goes_on == nullptr;
    const bool with_body = request.method() != http::verb::head;
    const bool chunked = request.version() >= 11;
    const auto wire = said.in_wire_form(stays, with_body, chunked);
    PG_CO_TRY_VOID(co_await stream.write(as_bytes(wire)));
    if (said.what.goes_on && with_body) co_return co_await pour(stream, *said.what.goes_on, chunked, deadline);
    if (!stays) co_return result<>();
    deadline = clock::now() + idle_max;
  }
}

/// Until the body's end or the client's, whichever comes first. What the client still says is not heard.
io::task<> server::pour(io::stream& stream, body_source& from, bool chunked, clock::time_point& deadline) {
  io::scope writing(on_);
  writing.spawn("api", write_pieces(stream, from, chunked, deadline));
  byte_buffer unheard(512);
  for (bool open = true; open;) open = (co_await stream.read_some(unheard)).has_value();
  co_return co_await writing.close();
}

io::task<server::reply> server::respond(question asked) {
  std::string allowed;
  const route* chosen = nullptr;
  request inner{path_of(asked.target), name_of(asked.peer), {}};
  bool known = !asked.peer.identity.empty() || asked.peer.loopback;
  for (const auto& each : served_) {
    auto found = captures(each.pattern, inner.path);
    if (!found) continue;
    known = known || each.to == access::anybody;
    for (const std::string_view method : {"GET", "HEAD", "POST", "DELETE"}) {
      if (serves(each, method)) allowed += (allowed.empty() ? "" : ", ") + std::string(method);
    }
    if (!serves(each, asked.method)) continue;
    chosen = &each;
    inner.captured = std::move(*found);
  }
  if (allowed.empty()) co_return reply{problem(404, "There is nothing under this path."), {}};
  if (!known) {
    refused_.add();
    co_return reply{problem(401, "Show a client certificate of this site's authority."), {}};
  }
  if (chosen == nullptr)
    co_return reply{problem(405, "This path is not served in this way."), std::format("Allow: {}\r\n", allowed)};
  if (chosen->to == access::token_bearer && !shows_token(asked.authorization)) {
    refused_.add();
    co_return reply{problem(401, "Show the token of the node's run.json: Authorization: Bearer TOKEN."),
                    "WWW-Authenticate: Bearer\r\n"};  // RFC 6750 3
  }
  auto query = query_of(asked.target);
  if (!query || !decode_all(inner.captured))
    co_return reply{problem(400, "A % stands before two hexadecimal digits."), {}};
  inner.query = *std::move(query);
  PG_CO_TRY(auto made, co_await chosen->answer_with(std::move(inner)));
  co_return reply{std::move(made), {}};
}

bool server::shows_token(std::string_view authorization) const {
  constexpr std::string_view scheme = "Bearer ";
  return !token_.empty() && authorization.size() > scheme.size() &&
         boost::beast::iequals({authorization.data(), scheme.size()}, {scheme.data(), scheme.size()}) &&
         same_secret(authorization.substr(scheme.size()), token_);
}

}  // namespace perigee::api

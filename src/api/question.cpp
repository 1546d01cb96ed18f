#include "api/question.hpp"

#include <algorithm>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <format>
#include <optional>

#include "base/identity_limits.hpp"
#include "base/limits.hpp"

namespace perigee::api {
namespace {

namespace http = boost::beast::http;
using parser = http::request_parser<http::string_body>;

constexpr std::size_t read_bytes = 4096;

answer refusal_of(const boost::system::error_code& why, std::uint64_t body_bytes_max) {
  if (why == http::error::body_limit) {
    return problem({.status = 413,
                    .title = "The body is larger than is read here.",
                    .type = "/problems/too-large",
                    .right = std::format("{} bytes at most", body_bytes_max)});
  }
  if (why == http::error::header_limit || why == http::error::buffer_overflow) {
    return problem({.status = 431,
                    .title = "The head of the request is larger than is read here.",
                    .type = "/problems/too-large",
                    .right = "8 KiB at most"});
  }
  return problem(400, "This is not an HTTP request that is served here.");
}

/// A request is refused where another reader on its way, such as a proxy, might take its framing or its Host for
/// something else: what follows it would be somebody's second request there, and part of the first here (RFC
/// 9112 11.2). Nothing where all is well.
const char* ambiguity_of(const http::request<http::string_body>& head) {
  const auto lengths = head.count(http::field::content_length);
  if (lengths > 1 || head[http::field::content_length].contains(',')) return "Content-Length stands there twice";
  const auto codings = head.count(http::field::transfer_encoding);
  const auto coding = head[http::field::transfer_encoding];
  if (codings > 1 || (codings == 1 && !boost::beast::iequals(coding, "chunked")))
    return "Transfer-Encoding is not chunked";
  if (codings == 1 && head.version() < 11) return "HTTP/1.0 has no Transfer-Encoding";  // RFC 9112 6.1
  const auto hosts = head.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && head.version() >= 11)) return "there is not one Host";  // RFC 9112 3.2
  const auto stands_in_host = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~%!$&'()*+,;=:[]").contains(c);  // RFC 3986 3.2.2
  };
  return std::ranges::all_of(head[http::field::host], stands_in_host) ? nullptr : "Host is no name";
}

/// As RFC 9112 3.2.2 wants: a target with a scheme and a name says itself whose it is.
void take_absolute_form(question& into) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    const std::string_view target = into.target;
    if (!boost::beast::iequals(target.substr(0, scheme.size()), scheme)) continue;
    const auto rest = target.substr(scheme.size());
    const auto name = rest.substr(0, rest.find_first_of("/?"));
    const auto path = std::string(rest.substr(name.size()));
    into.host = std::string(name);
    into.target = path.starts_with('/') ? path : "/" + path;
    return;
  }
}

std::string text_of(const http::request<http::string_body>& of, std::string_view name) {
  return std::string(of[boost::beast::string_view(name.data(), name.size())]);
}

}  // namespace

struct request_reader::state {
  body_bound bound;
  boost::beast::flat_buffer buffer{limits::http_header_bytes_max};
  std::optional<parser> reading{};
  answer refusal{};
  std::uint32_t body_bytes_max = 0;
  bool refused = false;    // for good: nothing behind it can be told from it
  std::string line_end{};  // the last two bytes of the head so far
  bool bounded = false;    // the head is known, and how large its body may be
  bool continued = false;  // the client was told, or did not ask

  void begin() {
    reading.emplace();
    reading->header_limit(limits::http_header_bytes_max);
    // Until the head is read: then the body's own bound holds.
    body_bytes_max = std::max(limits::http_request_body_bytes_max, limits::registry_import_bytes_max);
    reading->body_limit(body_bytes_max);
    reading->eager(false);
    bounded = false;
    continued = false;
    line_end.clear();
  }
  /// Whether a line of the head, whose next bytes these are, begins with a space: the parser has no word against it.
  [[nodiscard]] bool folds(std::string_view more) {
    const auto seen = line_end + std::string(more);
    line_end = seen.substr(seen.size() - std::min<std::size_t>(seen.size(), 2));
    return seen.contains("\r\n ") || seen.contains("\r\n\t");
  }
  step refuse(const boost::system::error_code& why) {
    refusal = refusal_of(why, body_bytes_max);
    refused = true;
    return step::refused;
  }
  step refuse_ambiguity(const char* why) {
    refusal = problem({.status = 400, .title = "This request could be read in two ways.", .detail = why});
    refused = true;
    return step::refused;
  }
  [[nodiscard]] question head() const;
  /// False where the head announces more.
  [[nodiscard]] bool set_bound() {
    bounded = true;
    body_bytes_max = limits::http_request_body_bytes_max;
    const auto announced = reading->content_length().value_or(UINT64_MAX);  // in chunks it may be any
    if (bound && announced > body_bytes_max) body_bytes_max = bound(head());
    reading->body_limit(body_bytes_max);
    reading->eager(true);
    return reading->chunked() || announced <= body_bytes_max;
  }
};

request_reader::request_reader(body_bound bound) : state_(std::make_unique<state>(std::move(bound))) {
  state_->begin();
}
request_reader::~request_reader() = default;

byte_span request_reader::room() {
  auto& b = state_->buffer;
  const auto place = b.prepare(std::min(read_bytes, b.max_size() - b.size()));
  return {static_cast<std::uint8_t*>(place.data()), place.size()};
}

void request_reader::filled(std::size_t n) { state_->buffer.commit(n); }

request_reader::step request_reader::next() {
  auto& s = *state_;
  auto& r = *s.reading;
  if (s.refused) return step::refused;
  while (!r.is_done() && s.buffer.size() != 0) {
    boost::system::error_code ec;
    const bool had_head = r.is_header_done();
    const auto used = r.put(s.buffer.data(), ec);
    if (!had_head && s.folds({static_cast<const char*>(s.buffer.data().data()), used})) {
      return s.refuse_ambiguity("a header goes on in the next line");  // RFC 9112 5.2
    }
    s.buffer.consume(used);
    if (ec && ec != http::error::need_more) return s.refuse(ec);
    const auto* odd = !had_head && r.is_header_done() ? ambiguity_of(r.get()) : nullptr;
    if (odd != nullptr) return s.refuse_ambiguity(odd);
    if (r.is_header_done() && !r.is_done() && !s.bounded && !s.set_bound()) return s.refuse(http::error::body_limit);
    if (used == 0) break;
  }
  if (r.is_done()) return step::whole;
  if (s.buffer.size() == s.buffer.max_size()) return s.refuse(http::error::header_limit);
  if (r.is_header_done() && !std::exchange(s.continued, true) &&
      boost::beast::iequals(r.get()[http::field::expect], "100-continue")) {
    return step::expects_continue;
  }
  return step::wants_more;
}

question request_reader::state::head() const {
  const auto& from = reading->get();
  question out;
  out.method = std::string(from.method_string());
  out.target = std::string(from.target());
  out.host = text_of(from, "Host");
  out.authorization = text_of(from, "Authorization");
  out.cookie = text_of(from, "Cookie");
  out.csrf = text_of(from, "X-Perigee-Csrf");
  out.origin = text_of(from, "Origin");
  out.accept = text_of(from, "Accept");
  out.accept_encoding = text_of(from, "Accept-Encoding");
  out.if_none_match = text_of(from, "If-None-Match");
  out.content_type = text_of(from, "Content-Type");
  out.keep_alive = from.keep_alive();
  out.knows_chunks = from.version() >= 11;
  take_absolute_form(out);
  return out;
}

question request_reader::take() {
  auto out = state_->head();
  out.body = std::move(state_->reading->get().body());
  state_->begin();
  return out;
}

const answer& request_reader::refusal() const { return state_->refusal; }

bool request_reader::in_request() const { return state_->reading->got_some() || state_->buffer.size() != 0; }

}  // namespace perigee::api

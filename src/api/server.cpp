#include "api/server.hpp"

#include <algorithm>
#include <format>

#include "api/connection.hpp"
#include "api/encoding.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "io/timer.hpp"

namespace perigee::api {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t compressed_from = 1024;      // smaller ones fit into a packet as they are
constexpr std::size_t on_worker_from = 32U << 10;  // takes more than about 0.3 ms

/// A body on its way through the worker, which may come back when nobody waits any more.
struct packing {
  packing(io::shard& on, std::string bytes, coding how) : done(on), body(std::move(bytes)), with(how) {}
  void run() { packed = compress(body, with); }

  io::event done;
  std::string body;
  coding with;
  result<std::string> packed = fail(errc::cancelled, "not packed");
};

answer too_often(nanoseconds wait) {
  auto out = problem({.status = 429,
                      .title = "This address asks more often than is answered.",
                      .type = "/problems/too-often",
                      .right = std::format("{} requests a second", limits::http_requests_per_second_max)});
  out.headers.emplace_back("Retry-After", std::format("{}", std::chrono::ceil<std::chrono::seconds>(wait).count()));
  return out;
}

/// What may be kept, and by whom (RFC 9111 5.2). True where the client has it already.
bool tag(const question& asked, answer& made) {
  const bool reads = asked.method == "GET" || asked.method == "HEAD";
  if (!reads || made.status != 200 || made.goes_on != nullptr) {
    made.headers.emplace_back("Cache-Control", "no-store");
    return false;
  }
  const auto name = tag_of(made.body);
  made.headers.emplace_back("ETag", name);
  made.headers.emplace_back("Cache-Control", made.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  made.headers.emplace_back("Vary", "Accept, Accept-Encoding, Cookie");
  return !asked.if_none_match.empty() && names_tag(asked.if_none_match, name);
}

}  // namespace

server::server(io::shard& on, std::unique_ptr<io::acceptor> at, routes served, server_options options,
               metrics::registry& registry)
    : on_(on),
      at_(std::move(at)),
      secure_(options.secure),
      front_(std::move(served),
             doorkeeper({std::move(options.token), options.signed_in, options.people, std::move(options.whose)}),
             options.audit),
      requests_(registry.make_counter("perigee_http_requests_total", "HTTP requests answered")),
      refused_(registry.make_counter("perigee_http_refused_total", "HTTP connections and requests refused")),
      slowed_down_(registry.make_counter("perigee_http_slowed_down_total", "HTTP requests of an address too busy")),
      worker_(on.make_worker("api")),
      chores_(on),
      connections_(on) {}

server::~server() = default;

io::task<> server::run() {
  chores_.spawn("api", tell_refusals());
  for (;;) {
    auto accepted = co_await at_->accept();
    if (!accepted && is(accepted.error(), errc::cancelled)) break;
    if (!accepted) {
      // Out of descriptors, most likely: let connections end before the next try.
      if (!co_await io::sleep_for(on_, 100ms)) break;
    } else if (open_.size() >= limits::http_connections_max && !make_room()) {
      refused_.add();
    } else {
      connections_.spawn("api", serve(std::move(*accepted)));
    }
  }
  at_->close();
  (void)co_await chores_.close();
  co_return co_await connections_.close();
}

/// The one that has kept its place longest without being answered gives it up.
bool server::make_room() {
  const auto oldest = std::ranges::find_if(open_, &connection::waits);
  if (oldest == open_.end()) return false;
  refused_.add();
  (*oldest)->end();
  open_.erase(oldest);
  return true;
}

io::task<> server::tell_refusals() {
  for (;;) {
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, 10s));
    front_.tick();
  }
}

io::task<> server::serve(std::unique_ptr<io::stream> stream) {
  connection client(on_, std::move(stream), *this);
  open_.push_back(&client);
  const auto outcome = co_await client.run();
  open_.remove(&client);
  if (!outcome && !is(outcome.error(), errc::closed) && !is(outcome.error(), errc::cancelled)) {
    refused_.add();
    log::debug("api", "{}: {}", client.address(), outcome.error().text());
  }
  co_return result<>();
}

std::uint32_t server::body_bytes_max(question head) {
  head.secure = secure_;
  return front_.body_bytes_max(std::move(head), clock::wall());
}

void server::refused(const io::peer_info& who, unsigned status) {
  front_.note({.at = clock::wall(),
               .address = neighbourhood_of(who.address),
               .what = "a request",
               .reason = status == 400   ? "malformed"
                         : status == 408 ? "too-slow"
                                         : "too-large",
               .status = status});
}

io::task<answer> server::respond(question asked) {
  asked.secure = secure_;
  const question kept{
      .method = asked.method, .accept_encoding = asked.accept_encoding, .if_none_match = asked.if_none_match};
  const auto wait = rates_.take(neighbourhood_of(asked.peer.address), clock::now());
  if (wait.count() > 0) {
    slowed_down_.add();
    front_.note({.at = clock::wall(),
                 .address = neighbourhood_of(asked.peer.address),
                 .what = asked.method,
                 .reason = "too-often",
                 .status = 429});
    auto late = too_often(wait);
    (void)tag(kept, late);
    co_return late;
  }
  const auto refused_before = front_.refused();
  auto made = co_await front_.respond(std::move(asked));
  if (!made && is(made.error(), errc::cancelled)) co_return made;
  if (!made) {
    log::warn("api", "a request could not be answered: {}", made.error().text());
    made = problem(500, "The node could not answer this; its log says why.");
  }
  requests_.add();
  if (front_.refused() != refused_before) refused_.add();
  PG_CO_TRY_VOID(co_await encode(kept, *made));
  co_return made;
}

io::task<> server::encode(const question& asked, answer& made) {
  if (tag(asked, made)) {
    made.status = 304;
    made.body.clear();
    co_return result<>();
  }
  if (made.goes_on != nullptr) co_return result<>();
  const auto wanted = choose_coding(asked.accept_encoding);
  if (made.gzipped) {
    if (accepts_gzip(asked.accept_encoding)) {
      made.headers.emplace_back("Content-Encoding", "gzip");
      co_return result<>();
    }
    PG_CO_TRY(made.body, gunzip(made.body, limits::http_body_bytes_max));
    co_return result<>();
  }
  if (made.body.size() < compressed_from || wanted == coding::identity) co_return result<>();
  const auto job = std::make_shared<packing>(on_, std::move(made.body), wanted);
  if (job->body.size() < on_worker_from) {
    job->run();
  } else {
    worker_->submit([job] { job->run(); }, [job] { job->done.notify(); });
    PG_CO_TRY_VOID(co_await job->done.wait());
  }
  made.body = job->packed ? std::move(*job->packed) : std::move(job->body);
  if (job->packed) made.headers.emplace_back("Content-Encoding", name_of(wanted));
  co_return result<>();
}

}  // namespace perigee::api

#include "api/page.hpp"

namespace perigee::api {
namespace {

/// Nothing inline and nothing from elsewhere. MQTT over WebSocket may be on another port of this host.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self' ws: wss:; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

constexpr std::string_view not_built =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Perigee</title>"
    "<h1>The operator's page is not part of this build</h1>"
    "<p>It was built without npm. The node does all its work, and <a href=\"/api/v1/status\">its API</a> answers. "
    "<code>make setup release</code> builds it with the page.</p></html>\n";

answer with_policy(answer page) {
  page.headers.emplace_back("Content-Security-Policy", policy);
  page.headers.emplace_back("Referrer-Policy", "no-referrer");
  page.headers.emplace_back("X-Frame-Options", "DENY");
  page.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  return page;
}

answer answer_of(const asset& one) {
  answer out{.status = 200, .type = one.type, .body = std::string(as_text(one.gzipped))};
  out.gzipped = true;
  out.immutable = one.hashed;
  return with_policy(std::move(out));
}

}  // namespace

routes page_routes(const std::vector<asset>& all) {
  routes out;
  for (const auto& each : all) {
    const auto serve = at_once([each](const request&) { return answer_of(each); });
    if (each.path == "/index.html") out.push_back({"GET", "/", serve, access::anybody});
    out.push_back({"GET", std::string(each.path), serve, access::anybody});
  }
  if (all.empty()) {
    out.push_back({"GET", "/", at_once([](const request&) {
                     return with_policy({200, "text/html; charset=utf-8", std::string(not_built)});
                   }),
                   access::anybody});
  }
  return out;
}

}  // namespace perigee::api

#include "api/doorkeeper.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/string.hpp>
#include <format>

#include "api/rate_limit.hpp"

namespace perigee::api {
namespace {

bool changes(std::string_view method) { return method != "GET" && method != "HEAD"; }

/// The token behind "Bearer " (RFC 6750 2.1).
std::optional<std::string_view> bearer_token(std::string_view authorization) {
  constexpr std::string_view scheme = "Bearer ";
  if (authorization.size() <= scheme.size()) return std::nullopt;
  if (!boost::beast::iequals({authorization.data(), scheme.size()}, {scheme.data(), scheme.size()}))
    return std::nullopt;
  return authorization.substr(scheme.size());
}

answer refuse_unsigned() {
  auto out = problem({.status = 401,
                      .title = "Sign in, or show a token: Authorization: Bearer TOKEN.",
                      .type = "/problems/no-session",
                      .right = "`perigee page` prints a link that signs in"});
  out.headers.emplace_back("WWW-Authenticate", "Bearer");  // RFC 6750 3
  return out;
}

answer refuse_token() {
  auto out = problem({.status = 401,
                      .title = "This token is unknown or has expired, or its user is disabled.",
                      .type = "/problems/wrong-token",
                      .right = "`perigee user token` makes one"});
  out.headers.emplace_back("WWW-Authenticate", R"(Bearer error="invalid_token")");  // RFC 6750 3.1
  return out;
}

answer refuse_role(role needed, role has) {
  return problem({.status = 403,
                  .title = "Your role may not do this.",
                  .type = "/problems/role",
                  .detail = std::format("this takes the role {}; yours is {}", name_of(needed), name_of(has)),
                  .right = std::format("a user of the group \"{}s\"", name_of(needed))});
}

answer refuse_scope(std::string_view needed) {
  auto out = problem({.status = 403,
                      .title = "This token is not for that.",
                      .type = "/problems/scope",
                      .detail = std::format("this takes the scope {}, which the token has not", needed),
                      .right = std::format("`perigee user token USER NAME --scope {}`", needed)});
  out.headers.emplace_back("WWW-Authenticate", std::format(R"(Bearer error="insufficient_scope", scope="{}")", needed));
  return out;
}

answer refuse_foreign_page() {
  return problem({.status = 403,
                  .title = "A page of elsewhere may not use your certificate.",
                  .type = "/problems/csrf",
                  .right = "no Origin, or the node's own"});
}

/// Whether a request comes from a page of this node, or of none (RFC 6454 7): a browser shows a certificate wherever
/// the page is from.
bool is_own_origin(const question& asked) {
  if (asked.origin.empty()) return true;
  const auto mark = asked.origin.find("://");
  return mark != std::string::npos &&
         boost::beast::iequals(std::string_view(asked.origin).substr(mark + 3), std::string_view(asked.host));
}

}  // namespace

std::string cookie_in(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    auto one = header.substr(0, header.find(';'));
    header.remove_prefix(std::min(one.size() + 1, header.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    const auto sign = one.find('=');
    if (sign != std::string_view::npos && one.substr(0, sign) == name) return std::string(one.substr(sign + 1));
  }
  return {};
}

bool is_own_name(std::string_view host) {
  if (host.empty()) return true;  // no browser leaves it out
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return false;
    if (const auto port = host.substr(end + 1); !port.empty() && !port.starts_with(':')) return false;
    host = host.substr(1, end - 1);
  } else {
    host = host.substr(0, host.rfind(':'));
  }
  boost::system::error_code ec;
  (void)boost::asio::ip::make_address(host, ec);
  return !ec || boost::beast::iequals(host, "localhost");
}

role role_of(const session& s, const people_port* people) {
  if (s.local) return role::administers;
  return people == nullptr ? role::none : people->role_of(s.user);
}

answer refuse_guesser() {
  auto out = problem(
      {.status = 429, .title = "It failed too often from this address; wait a minute.", .type = "/problems/too-often"});
  out.headers.emplace_back("Retry-After", "60");
  return out;
}

std::string doorkeeper::session_key_of(const question& asked) const {
  return of_.signed_in == nullptr ? std::string() : cookie_in(asked.cookie, of_.signed_in->cookie());
}

void doorkeeper::identify_bearer(std::string_view token, timestamp now, caller& into) const {
  if (!of_.token.empty() && crypto::same_secret(as_bytes(token), as_bytes(of_.token))) {
    into.shown = caller::bearer::taken;
    into.by = caller::proof::node_token;
    into.as = role::administers;
    return;
  }
  into.shown = caller::bearer::wrong;
  if (of_.people == nullptr) return;
  if (of_.people->must_wait(into.address)) {
    into.shown = caller::bearer::unheard;
    return;
  }
  auto found = of_.people->find_token(token, now);
  if (!found) return;
  into.shown = caller::bearer::taken;
  into.by = caller::proof::user_token;
  into.as = of_.people->role_of(found->user);
  into.name = std::move(found->user);
  into.token = std::move(found->name);
  into.scopes = std::move(found->scopes);
}

void doorkeeper::identify_peer(const question& asked, caller& into) const {
  auto whose = certificate_of::nobody;
  if (!asked.peer.identity.empty()) whose = of_.whose ? of_.whose(asked.peer) : certificate_of::thing;
  if (whose == certificate_of::person && of_.people != nullptr) into.as = of_.people->role_of(into.name);
  if (into.as != role::none) {
    into.by = caller::proof::certificate;
  } else if (whose == certificate_of::thing || (asked.peer.loopback && is_own_name(asked.host))) {
    into.by = caller::proof::peer;
  }
}

caller doorkeeper::identify(const question& asked, timestamp now) const {
  caller out{.name = asked.peer.identity, .address = neighbourhood_of(asked.peer.address)};
  if (const auto shown = bearer_token(asked.authorization)) {
    identify_bearer(*shown, now, out);
    return out;
  }
  const auto found = of_.signed_in == nullptr ? std::nullopt : of_.signed_in->use(session_key_of(asked), now);
  out.as = found ? role_of(*found, of_.people) : role::none;
  if (out.as != role::none) {
    out.by = caller::proof::session;
    out.name = found->user;
  } else {
    identify_peer(asked, out);
  }
  return out;
}

answer doorkeeper::refuse_stranger() {
  return problem({.status = 401,
                  .title = "Sign in, or show a client certificate of this site's authority.",
                  .type = "/problems/no-session"});
}

std::optional<answer> doorkeeper::refuse(const route& wanted, const question& asked, const caller& who,
                                         timestamp now) const {
  using enum caller::proof;
  if (wanted.to == access::anybody) return std::nullopt;
  if (who.shown == caller::bearer::unheard) return refuse_guesser();
  if (who.shown == caller::bearer::wrong) return refuse_token();
  if (who.by == none) return refuse_stranger();
  if (who.by == peer) return wanted.to == access::known_peer ? std::nullopt : std::optional(refuse_unsigned());
  if (const auto needed = role_for(wanted.to); who.as < needed) return refuse_role(needed, who.as);
  if (const auto scope = scope_of(wanted); who.by == user_token && !std::ranges::contains(who.scopes, scope)) {
    return refuse_scope(scope);
  }
  return wanted.to == access::known_peer ? std::nullopt : refuse_forgery(asked, who, now);
}

/// Whether it is the caller who wants it, and not a page of elsewhere in the caller's browser (CSRF).
std::optional<answer> doorkeeper::refuse_forgery(const question& asked, const caller& who, timestamp now) const {
  if (!changes(asked.method)) return std::nullopt;
  if (who.by == caller::proof::certificate && !is_own_origin(asked)) return refuse_foreign_page();
  if (who.by != caller::proof::session) return std::nullopt;
  const auto found = of_.signed_in->use(session_key_of(asked), now);
  if (found && crypto::same_secret(as_bytes(found->csrf), as_bytes(asked.csrf))) return std::nullopt;
  return problem({.status = 403,
                  .title = "What changes something needs the header X-Perigee-Csrf beside the session's cookie.",
                  .type = "/problems/csrf",
                  .right = "`csrf` of GET /api/v1/session"});
}

void doorkeeper::note(std::string_view authorization, const caller& who, bool let_in, timestamp now) const {
  if (of_.people == nullptr) return;
  if (who.shown == caller::bearer::wrong && !let_in) of_.people->failed(who.address);
  if (who.by != caller::proof::user_token || !let_in) return;
  of_.people->succeeded(who.address);
  of_.people->note_use(*bearer_token(authorization), now);
}

}  // namespace perigee::api

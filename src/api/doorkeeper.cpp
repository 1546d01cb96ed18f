#include "api/doorkeeper.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/string.hpp>

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
                      .title = "Sign in, or show the token of the node's run.json: Authorization: Bearer TOKEN.",
                      .type = "/problems/no-session",
                      .right = "`perigee page` prints a link that signs in"});
  out.headers.emplace_back("WWW-Authenticate", "Bearer");  // RFC 6750 3
  return out;
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
    host = host.substr(1, host.find(']') - 1);
  } else {
    host = host.substr(0, host.rfind(':'));
  }
  boost::system::error_code ec;
  (void)boost::asio::ip::make_address(host, ec);
  return !ec || boost::beast::iequals(host, "localhost");
}

std::string doorkeeper::session_key_of(const question& asked) const {
  return signed_in_ == nullptr ? std::string() : cookie_in(asked.cookie, signed_in_->cookie());
}

caller doorkeeper::identify(const question& asked, timestamp now) const {
  caller out{.by = caller::proof::none, .name = asked.peer.identity, .address = neighbourhood_of(asked.peer.address)};
  const auto shown = bearer_token(asked.authorization);
  if (shown && !token_.empty() && crypto::same_secret(as_bytes(*shown), as_bytes(token_))) {
    out.by = caller::proof::token;
    return out;
  }
  const auto found = signed_in_ == nullptr ? std::nullopt : signed_in_->use(session_key_of(asked), now);
  if (found) {
    out.by = caller::proof::session;
    out.name = found->user;
    return out;
  }
  const bool here = asked.peer.loopback && is_own_name(asked.host);
  const bool counts = !asked.peer.identity.empty() && (!counts_ || counts_(asked.peer));
  if (here || counts) out.by = caller::proof::peer;
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
  if (who.by == none) return refuse_stranger();
  if (wanted.to == access::known_peer) return std::nullopt;
  if (who.by == peer) return refuse_unsigned();
  if (who.by == token || !changes(asked.method)) return std::nullopt;
  const auto found = signed_in_->use(session_key_of(asked), now);
  if (found && crypto::same_secret(as_bytes(found->csrf), as_bytes(asked.csrf))) return std::nullopt;
  return problem({.status = 403,
                  .title = "What changes something needs the header X-Perigee-Csrf beside the session's cookie.",
                  .type = "/problems/csrf",
                  .right = "`csrf` of GET /api/v1/session"});
}

}  // namespace perigee::api

#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/question.hpp"
#include "api/route.hpp"
#include "api/sessions.hpp"

namespace perigee::api {

/// Who asks, and whether that is enough (promise P10). Owned by the dispatcher.
class doorkeeper {
 public:
  /// Whether a client's certificate still counts; without one every certificate of the site's authority does.
  using certificate_check = std::function<bool(const io::peer_info&)>;
  /// `token`: of the node's run.json; empty: nobody has one. `signed_in` may be null, and outlives it.
  doorkeeper(std::string token, sessions* signed_in, certificate_check counts = {})
      : token_(std::move(token)), signed_in_(signed_in), counts_(std::move(counts)) {}

  /// What the session's cookie holds; empty without one.
  [[nodiscard]] std::string session_key_of(const question& asked) const;
  [[nodiscard]] caller identify(const question& asked, timestamp now) const;
  /// Why the caller is not answered; nothing where it is.
  [[nodiscard]] std::optional<answer> refuse(const route& wanted, const question& asked, const caller& who,
                                             timestamp now) const;
  /// The same where the caller may not even know which methods a path has.
  [[nodiscard]] static answer refuse_stranger();

 private:
  std::string token_;
  sessions* signed_in_;
  certificate_check counts_;
};

/// The value of the cookie of this name in a Cookie header (RFC 6265 4.2.1); empty where there is none.
[[nodiscard]] std::string cookie_in(std::string_view header, std::string_view name);
/// Whether a Host header names this machine by a name that nobody else can point here: an address or "localhost". Else
/// a page of elsewhere, whose name its owner has made to mean 127.0.0.1, could read what loopback may (DNS rebinding).
[[nodiscard]] bool is_own_name(std::string_view host);

}  // namespace perigee::api

#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/people.hpp"
#include "api/question.hpp"
#include "api/route.hpp"
#include "api/sessions.hpp"

namespace perigee::api {

/// Whose a certificate of the site's authority is: nobody's that counts, a thing's, or a person's, if there is a user
/// of that name.
enum class certificate_of { nobody, thing, person };

/// Who asks, and whether that is enough (promise P10). Owned by the dispatcher.
class doorkeeper {
 public:
  using certificate_check = std::function<certificate_of(const io::peer_info&)>;
  struct knowledge {
    std::string token{};            // of the node's run.json; empty: nobody has one
    sessions* signed_in = nullptr;  // null: nobody can be; outlives the doorkeeper, as the next
    people_port* people = nullptr;  // null: there are none
    certificate_check whose{};      // without one each is a thing's
  };
  explicit doorkeeper(knowledge of) : of_(std::move(of)) {}

  /// What the session's cookie holds; empty without one.
  [[nodiscard]] std::string session_key_of(const question& asked) const;
  [[nodiscard]] caller identify(const question& asked, timestamp now) const;
  /// Why the caller is not answered; nothing where it is.
  [[nodiscard]] std::optional<answer> refuse(const route& wanted, const question& asked, const caller& who,
                                             timestamp now) const;
  /// The same where the caller may not even know which methods a path has.
  [[nodiscard]] static answer refuse_stranger();
  /// What came of it, once for each request: who guesses tokens is counted, and a good one is noted as used.
  void note(std::string_view authorization, const caller& who, bool let_in, timestamp now) const;

 private:
  void identify_bearer(std::string_view token, timestamp now, caller& into) const;
  void identify_peer(const question& asked, caller& into) const;
  [[nodiscard]] std::optional<answer> refuse_forgery(const question& asked, const caller& who, timestamp now) const;

  knowledge of_;
};

/// The value of the cookie of this name in a Cookie header (RFC 6265 4.2.1); empty where there is none.
[[nodiscard]] std::string cookie_in(std::string_view header, std::string_view name);
/// The role of a session: of its user, or of whoever may read the node's files.
[[nodiscard]] role role_of(const session& s, const people_port* people);
/// The answer to an address that failed too often.
[[nodiscard]] answer refuse_guesser();
/// Whether a Host header names this machine by a name that nobody else can point here: an address or "localhost". Else
/// a page of elsewhere, whose name its owner has made to mean 127.0.0.1, could read what loopback may (DNS rebinding).
[[nodiscard]] bool is_own_name(std::string_view host);

}  // namespace perigee::api

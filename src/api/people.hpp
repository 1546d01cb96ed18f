#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/role.hpp"
#include "base/error.hpp"
#include "base/time.hpp"

namespace perigee::api {

enum class password_verdict {
  right,
  wrong,      // no such user, or another password
  no_role,    // the user may not even look
  try_later,  // it failed too often, or too many wait
};

/// A user's own token, as a program shows it (RFC 6750).
struct shown_token {
  std::string user;
  std::string name;                 // which of the user's tokens
  std::vector<std::string> scopes;  // api/route.hpp has them
};

/// Whoever knows the node's people, and who guesses. Asked anew at each request, so that a change of the user file is
/// in force with it. Outlives the server; on its shard.
class people_port {
 public:
  virtual ~people_port() = default;

  /// none where there is no such user, one that is disabled, or one in no group that has a role.
  [[nodiscard]] virtual role role_of(std::string_view user) const = 0;
  /// Nothing for a token that is unknown, has expired, or whose user is disabled.
  [[nodiscard]] virtual std::optional<shown_token> find_token(std::string_view token, timestamp now) const = 0;
  /// A request with this token was let in.
  virtual void note_use(std::string_view token, timestamp now) = 0;

  /// Whether the address failed so often that it is not heard now.
  [[nodiscard]] virtual bool must_wait(std::string_view address) const = 0;
  virtual void failed(std::string_view address) = 0;
  virtual void succeeded(std::string_view address) = 0;

  /// `done` comes on the shard, never from within the call. Counts what fails.
  virtual void check(const std::string& user, const std::string& password, const std::string& address,
                     std::function<void(password_verdict)> done) = 0;
  /// Why the password may not become the user's, as a sentence; empty where it may.
  [[nodiscard]] virtual std::string unfit_password(std::string_view user, std::string_view password) const = 0;
  /// Keeps the password's hash in the user file. `done` as above, when it is on disk and in force.
  virtual void set_password(const std::string& user, const std::string& password,
                            std::function<void(result<>)> done) = 0;
};

}  // namespace perigee::api

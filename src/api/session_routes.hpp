#pragma once

#include <functional>

#include "api/route.hpp"
#include "api/sessions.hpp"
#include "io/shard.hpp"

namespace perigee::api {

enum class password_verdict {
  right,
  wrong,        // no such user, or another password
  no_operator,  // the user may not operate the node
  try_later,    // it failed too often, or too many wait
};

/// Whoever knows the node's users. Outlives the server.
class password_port {
 public:
  virtual ~password_port() = default;
  /// `done` comes on the shard, never from within the call.
  virtual void check(const std::string& user, const std::string& password, const std::string& address,
                     std::function<void(password_verdict)> done) = 0;
};

/// POST, GET and DELETE /api/v1/session, POST /api/v1/session/tokens: docs/api.md, "Signing in". `passwords` is null
/// where the node has no users.
[[nodiscard]] routes session_routes(io::shard& on, sessions& all, password_port* passwords);

}  // namespace perigee::api

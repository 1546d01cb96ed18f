#pragma once
// Who is signed in: docs/api.md, "Signing in". docs/formats/sessions.md has what a node keeps of it.

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "base/time.hpp"
#include "crypto/password.hpp"

namespace perigee::api {

/// One sign-in, as the one who signed in may know it.
struct session {
  std::string user;  // "local admin" for whoever came by a link of the node's own
  std::string csrf;  // shown with each request that changes something: a page of elsewhere cannot read it
  timestamp expires;
  bool local = false;  // by such a link: who may read the node's files administers it
};

/// What a one-time token is for.
struct invitation {
  std::string user;  // who is to choose a password with it; empty: it begins a local session at once
  timestamp expires;
};

/// One-time tokens and the sessions they begin. Only digests are remembered. At most limits::http_sessions_max
/// sessions and limits::http_tokens_max tokens: one more, and the one that ends first is forgotten. Owned by the node,
/// on its shard; sans-IO: time is an argument.
class sessions {
 public:
  struct opened {
    std::string key;  // the cookie's value; known to nobody else
    session what;
  };
  struct one_time_token {
    std::string text;
    timestamp expires;
  };

  /// `secret`: random, of this process alone. `changed` is told when there is something else to keep. `owner` is the
  /// node's name: browsers keep one set of cookies for all ports of a host, and several nodes may be there.
  explicit sessions(std::string secret, std::function<void()> changed = {}, std::string_view owner = {});

  /// The name of the cookie that holds a session's key: "perigee_session_gw-1".
  [[nodiscard]] const std::string& cookie() const { return cookie_; }

  /// For a local session; good for ten minutes.
  [[nodiscard]] one_time_token make_token(timestamp now);
  /// For a user who is to choose a password, in place of one from before; good for an hour.
  [[nodiscard]] one_time_token invite(std::string_view user, timestamp now);
  /// What the token is for; nothing where it is unknown, used or too old.
  [[nodiscard]] std::optional<invitation> find_invitation(std::string_view token, timestamp now) const;
  /// The token is used; false where it was before.
  bool spend(std::string_view token);
  /// It is not, after all.
  void give_back(std::string_view token, invitation unused);
  /// The local session that the token begins; nothing where it is for something else, or as above.
  [[nodiscard]] std::optional<opened> redeem(std::string_view token, timestamp now);
  /// Of a user who showed a password.
  [[nodiscard]] opened open(std::string_view user, timestamp now);
  /// The session that the cookie stands for; this is a use of it.
  [[nodiscard]] std::optional<session> use(std::string_view key, timestamp now);
  void close(std::string_view key);
  /// Those of users who may no longer be here.
  void close_users(function_ref<bool(std::string_view user)> may_stay);

  /// What outlives the process.
  [[nodiscard]] std::string to_json() const;
  /// errc::malformed, and then nothing is restored. Each counts as used now.
  [[nodiscard]] result<> restore(std::string_view json, timestamp now);

  [[nodiscard]] std::size_t size() const { return open_.size(); }

 private:
  struct kept {
    std::string user;  // empty: whoever had a one-time token
    timestamp expires;
    timestamp used;
  };

  [[nodiscard]] opened begin(std::string user, timestamp now);
  [[nodiscard]] one_time_token keep(invitation made, timestamp now);
  [[nodiscard]] std::string draw(std::string_view what);
  [[nodiscard]] static timestamp end_of(const kept& k);
  void forget_old(timestamp now);
  void tell() const;

  std::string secret_;
  std::function<void()> changed_;
  std::string cookie_;
  std::uint64_t drawn_ = 0;
  std::map<crypto::digest, kept> open_;
  std::map<crypto::digest, invitation> tokens_;
};

}  // namespace perigee::api

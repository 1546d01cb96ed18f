#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "access/users.hpp"
#include "api/message.hpp"
#include "api/people.hpp"
#include "io/file.hpp"
#include "io/shard.hpp"
#include "io/worker.hpp"
#include "node/gate.hpp"

namespace perigee::node {

/// The role that a user's groups give: "admins", "operators" or "viewers". None where the user is disabled.
[[nodiscard]] api::role role_of(const access::user& one);

/// The people of a node: the users of its user file, their roles, passwords and tokens, and who guesses those. Changes
/// the file as `perigee user` does. Owned by the node, on its shard; the gate outlives it.
class people final : public api::people_port {
 public:
  /// `users` is null where the node has none. `by` writes the file, and outlives this.
  people(io::shard& on, io::disk& disk, io::worker& by, gate* users);
  ~people() override;

  [[nodiscard]] api::role role_of(std::string_view user) const override;
  [[nodiscard]] std::optional<api::shown_token> find_token(std::string_view token, timestamp now) const override;
  void note_use(std::string_view token, timestamp now) override;
  [[nodiscard]] bool must_wait(std::string_view address) const override;
  void failed(std::string_view address) override;
  void succeeded(std::string_view address) override;
  void check(const std::string& user, const std::string& password, const std::string& address,
             std::function<void(api::password_verdict)> done) override;
  [[nodiscard]] std::string unfit_password(std::string_view user, std::string_view password) const override;
  void set_password(const std::string& user, const std::string& password, std::function<void(result<>)> done) override;

  /// Null where the node has no user file.
  [[nodiscard]] const access::user_list* list() const;
  /// When a token was last used: "2026-11-23".
  [[nodiscard]] std::optional<std::string> last_use(const access::token& of) const;

  /// What a change makes of a user of the file as it is now; a null pointer where there is none of the name.
  using change = std::function<std::expected<access::user, api::problem_details>(const access::user* before)>;
  using outcome = std::expected<access::user, api::problem_details>;
  /// Applied on the worker, anew where somebody else has changed the file meanwhile; `done` comes on the shard, when
  /// the change is in force. Without a change to make the user is removed.
  void edit(const std::string& name, change made, std::function<void(outcome)> done);

 private:
  struct trial;
  struct edited;
  void judge(const trial& done);

  io::shard& on_;
  io::disk& disk_;
  io::worker& worker_;
  gate* users_;
  access::slow_down guesses_;  // where there is no gate to count them
  std::size_t trials_ = 0;
  std::multiset<std::string> trying_;            // addresses whose passwords are being checked
  std::unique_ptr<io::worker> password_worker_;  // the last: nothing comes back from it to one that is half gone
};

}  // namespace perigee::node

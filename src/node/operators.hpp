#pragma once

#include <memory>
#include <string>

#include "api/session_routes.hpp"
#include "api/sessions.hpp"
#include "io/file.hpp"
#include "io/timer.hpp"
#include "io/worker.hpp"
#include "node/gate.hpp"

namespace perigee::node {

/// Who operates the node through its API: sessions that outlive the process (docs/formats/sessions.md), and the
/// passwords of users in the group "operators". Owned by the node, on its shard; the gate outlives it.
class operators final : public api::password_port {
 public:
  /// `users` is null where the node has none. `by` writes the file, and outlives this.
  [[nodiscard]] static result<std::unique_ptr<operators>> open(io::shard& on, io::disk& disk, io::worker& by,
                                                               std::string file, std::string_view node, gate* users);

  [[nodiscard]] api::sessions& sessions() { return sessions_; }
  [[nodiscard]] api::routes routes();
  /// Keeps sessions on disk as they change, and ends those of users who are gone. Until cancelled.
  [[nodiscard]] io::task<> run();

  void check(const std::string& user, const std::string& password, const std::string& address,
             std::function<void(api::password_verdict)> done) override;

 private:
  struct trial;
  operators(io::shard& on, io::disk& disk, io::worker& by, std::string file, std::string_view node, gate* users,
            std::string secret);
  void save();
  [[nodiscard]] bool may_operate(std::string_view user) const;
  void judge(const trial& done);

  io::shard& on_;
  io::disk& disk_;
  io::worker& worker_;
  std::string file_;
  gate* users_;
  io::event changed_;
  api::sessions sessions_;
  std::uint64_t generation_ = 0;  // of the users, when they were last looked at
  std::size_t trials_ = 0;
  std::unique_ptr<io::worker> password_worker_;  // the last: nothing comes back from it to one that is half gone
};

}  // namespace perigee::node

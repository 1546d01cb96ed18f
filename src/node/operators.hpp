#pragma once

#include <memory>
#include <string>

#include "api/session_routes.hpp"
#include "api/sessions.hpp"
#include "io/file.hpp"
#include "io/timer.hpp"
#include "io/worker.hpp"
#include "node/people.hpp"

namespace perigee::node {

/// Who operates the node through its API: its people, and their sessions, which outlive the process
/// (docs/formats/sessions.md, docs/formats/token-uses.md). Owned by the node, on its shard; the gate outlives it.
class operators {
 public:
  /// `users` is null where the node has none. `by` writes files of the folder `state`, and outlives this.
  [[nodiscard]] static result<std::unique_ptr<operators>> open(io::shard& on, io::disk& disk, io::worker& by,
                                                               const std::string& state, std::string_view node,
                                                               gate* users);

  [[nodiscard]] api::sessions& sessions() { return sessions_; }
  [[nodiscard]] node::people& people() { return people_; }
  [[nodiscard]] api::routes routes();
  /// Keeps on disk what changes, and ends the sessions of users who are gone. Until cancelled.
  [[nodiscard]] io::task<> run();

 private:
  operators(io::shard& on, io::disk& disk, io::worker& by, const std::string& state, std::string_view node, gate* users,
            std::string secret);
  [[nodiscard]] result<> restore();
  void save(std::string_view name, std::string text);

  io::shard& on_;
  io::disk& disk_;
  io::worker& worker_;
  std::string folder_;
  gate* users_;
  io::event changed_;
  api::sessions sessions_;
  node::people people_;
  std::uint64_t generation_ = 0;  // of the users, when they were last looked at
  std::uint64_t uses_kept_ = 0;   // of the uses of tokens, when they were last written
};

}  // namespace perigee::node

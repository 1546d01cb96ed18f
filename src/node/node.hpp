#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "io/scope.hpp"
#include "io/stream.hpp"
#include "io/worker.hpp"
#include "journal/journal.hpp"
#include "node/config.hpp"
#include "node/prepare.hpp"

namespace perigee::node {

/// What a node stands on: the machine's own, or a simulation's.
struct ground {
  io::shard& shard;
  io::disk& disk;
  io::network& network;
  std::uint64_t seed;  // for epochs, jitter and names; random in a real process
};

/// The composition root: one configuration made into doors, a journal and readers, and taken down again in reverse. The
/// only code that names them all. Owned by the command that runs it, on its shard.
class instance {
 public:
  /// Opens the journal and everything behind it; nothing listens yet.
  static result<std::unique_ptr<instance>> open(ground on, config chosen, prepared files);
  ~instance();
  instance(const instance&) = delete;
  instance& operator=(const instance&) = delete;

  /// Starts to listen, writes `run.json` into the data folder, and serves until cancelled; then stops in order.
  [[nodiscard]] io::task<> run();
  /// The sensors of this node (replay and machine doors) fall silent, for good.
  void pause_sensors();
  /// Reads again what may change while it runs: users, policy, certificates and rules.
  void reload();

 private:
  struct parts;
  explicit instance(std::unique_ptr<parts> made);
  io::task<> stop();

  std::unique_ptr<parts> parts_;
};

}  // namespace perigee::node

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "doors/machine/machine_source.hpp"
#include "doors/mqtt/broker.hpp"
#include "doors/replay/replay_source.hpp"
#include "io/scope.hpp"
#include "node/ledger.hpp"
#include "node/prepare.hpp"
#include "node/sensor_feed.hpp"

namespace perigee::node {

/// The sensors that a node plays: replayed files and simulated machines, each with its feed, its command topic and,
/// where the configuration asks for it, its ledger. Owned by the node, on the journal's shard; ends before the broker.
class sensors {
 public:
  static result<std::unique_ptr<sensors>> open(io::shard& on, io::disk& disk, journal::journal& log,
                                               doors::mqtt::broker& broker, const config& chosen,
                                               std::vector<prepared_replay> replays, prng& random);

  /// Starts every feed in the node's scope.
  void start(io::scope& in);
  /// After each commit of the journal.
  void on_commit();
  /// For good: what is under way is still acknowledged.
  void pause();

 private:
  struct machine {
    doors::machine::machine_source source;
    std::unique_ptr<doors::mqtt::broker::local_subscription> commands;
  };
  struct replay {
    std::unique_ptr<csv::byte_source> file;
    doors::replay::replay_source source;
  };

  result<> add_machine(const machine_config& from, doors::mqtt::broker& broker, prng& random);
  result<> add_replay(prepared_replay from, prng& random);
  result<ledger*> ledger_of(const std::string& device);
  result<> add_feed(sensor from);
  void on_command(machine& to, ledger* book, const doors::mqtt::local_message& message);

  sensors(io::shard& on, io::disk& disk, journal::journal& log, std::string ledger_folder)
      : on_(on), disk_(disk), log_(log), ledger_folder_(std::move(ledger_folder)) {}

  io::shard& on_;
  io::disk& disk_;
  journal::journal& log_;
  std::string ledger_folder_;  // empty: nobody counts
  std::vector<std::unique_ptr<ledger>> ledgers_;
  std::vector<std::unique_ptr<machine>> machines_;
  std::vector<std::unique_ptr<replay>> replays_;
  std::vector<std::unique_ptr<sensor_feed>> feeds_;
};

}  // namespace perigee::node

#pragma once

#include <memory>
#include <vector>

#include "doors/mqtt/broker.hpp"
#include "doors/mqtt/journal_log.hpp"
#include "io/shard.hpp"
#include "node/children.hpp"
#include "node/gap_log.hpp"
#include "quarantine/keeper.hpp"
#include "readers/history/history_reader.hpp"
#include "readers/rules/rules_reader.hpp"
#include "sim/node.hpp"
#include "sim/server_end.hpp"

namespace perigee::sim {

/// What dies in a crash: the product's parts as the composition root wires them, on virtual time. Owned by its node.
struct node::process final : private doors::mqtt::broker_host {
  process(node& of, std::unique_ptr<journal::journal> opened);
  ~process() override;

  /// The readers, behind the journal.
  [[nodiscard]] result<> open_readers();
  void on_commit();
  void on_tick();
  void accept(const std::shared_ptr<channel>& via);
  /// The machine is off: nobody at the other ends hears of it.
  void fall_silent();
  [[nodiscard]] bool settled() const;

  node& owner;
  io::shard idle;  // what the readers' own loops would wait on: nothing runs on it
  std::unique_ptr<journal::journal> log;
  doors::mqtt::journal_log broker_log;
  perigee::node::children children;
  doors::mqtt::broker broker;
  perigee::node::gap_log gaps_of_quarantine;
  std::unique_ptr<quarantine::keeper> aside;
  std::unique_ptr<readers::rules::rules_reader> rules;
  std::unique_ptr<readers::history::history_reader> history;
  std::vector<std::unique_ptr<server_end>> ends;

 private:
  void work_waits() override;
  void state_waits() override {}  // nobody speaks QoS 2 here
  void decide();
  void remember();

  [[nodiscard]] doors::mqtt::moment now() const { return {owner.world_.now(), owner.world_.wall()}; }

  bool work_due_ = false;
  bool decision_due_ = false;
  bool remembering_ = false;
  std::uint64_t ticks_ = 0;
};

}  // namespace perigee::sim

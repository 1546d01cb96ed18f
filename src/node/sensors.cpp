#include "node/sensors.hpp"

#include "base/log.hpp"

namespace perigee::node {
namespace {

namespace machine_door = doors::machine;

machine_door::fault fault_of(machine_fault f) {
  switch (f) {
    case machine_fault::bearing: return machine_door::fault::bearing;
    case machine_fault::overload: return machine_door::fault::overload;
    case machine_fault::sensor_stuck: return machine_door::fault::sensor_stuck;
    case machine_fault::cooling_loss: break;
  }
  return machine_door::fault::cooling_loss;
}

epoch draw_epoch(prng& random) { return epoch(random.next() | 1); }

}  // namespace

result<std::unique_ptr<sensors>> sensors::open(io::shard& on, io::disk& disk, journal::journal& log,
                                               doors::mqtt::broker& broker, const config& chosen,
                                               std::vector<prepared_replay> replays, prng& random) {
  // tidy: new — the constructor is private
  auto made = std::unique_ptr<sensors>(new sensors(on, disk, log, chosen.ledger_folder.value_or("")));
  for (const auto& each : chosen.machines) PG_TRY_VOID(made->add_machine(each, broker, random));
  for (auto& each : replays) PG_TRY_VOID(made->add_replay(std::move(each), random));
  return made;
}

result<ledger*> sensors::ledger_of(const std::string& device) {
  if (ledger_folder_.empty()) return nullptr;
  PG_TRY_VOID(disk_.make_folder(ledger_folder_));
  PG_TRY(auto opened, ledger::open(disk_, ledger_folder_, device));
  ledgers_.push_back(std::make_unique<ledger>(std::move(opened)));
  return ledgers_.back().get();
}

result<> sensors::add_feed(sensor from) {
  PG_TRY(auto* book, ledger_of(from.name));
  sensor_feed::acked_listener note;
  if (book != nullptr) {
    note = [book](const acked_reading& acked) {
      if (const auto noted = book->add(acked); !noted) log::fault("node.ledger", "{}", noted.error().text());
    };
  }
  feeds_.push_back(std::make_unique<sensor_feed>(on_, log_, std::move(from), std::move(note)));
  return {};
}

result<> sensors::add_machine(const machine_config& from, doors::mqtt::broker& broker, prng& random) {
  machine_door::machine_options options{from.name, from.topic, from.rate_hz, from.seed, {}};
  for (const auto f : from.faults) options.faults.push_back(fault_of(f));
  machines_.push_back(std::make_unique<machine>(
      machine_door::machine_source(std::move(options), draw_epoch(random), clock::wall()), nullptr));
  auto* made = machines_.back().get();
  PG_TRY_VOID(add_feed({from.name, [made] { return made->source.next_due(); },
                        [made](timestamp now, auto take) { return made->source.produce(now, take); }}));
  if (from.command_topic.empty()) return {};
  auto* book = ledgers_.empty() ? nullptr : ledgers_.back().get();
  made->commands = broker.subscribe_local(
      from.command_topic, [this, made, book](const doors::mqtt::local_message& m) { on_command(*made, book, m); });
  return {};
}

void sensors::on_command(machine& to, ledger* book, const doors::mqtt::local_message& message) {
  const auto now = clock::wall();
  const auto command = to.source.on_command(message.payload, now);
  if (!command) {
    return log::warn("doors.machine", "{}: a command is of no use: {}", to.source.options().name,
                     command.error().text());
  }
  if (book == nullptr || command->decided_on == now) return;  // it names no reading
  const auto noted = book->add(decision_made{command->decided_on, now - command->decided_on});
  if (!noted) log::fault("node.ledger", "{}", noted.error().text());
}

result<> sensors::add_replay(prepared_replay from, prng& random) {
  // Where it stood is what the journal has of it.
  const auto mark = log_[model::lane::bulk].high_water(from.options.name);
  const auto name = from.options.name;
  doors::replay::replay_position here{mark ? mark->epoch : draw_epoch(random), mark ? mark->sequence : sequence()};
  auto& bytes = *from.file;
  replays_.push_back(std::make_unique<replay>(
      std::move(from.file),
      doors::replay::replay_source(bytes, std::move(from.summary), std::move(from.options), here, clock::wall())));
  auto* made = replays_.back().get();
  return add_feed({name, [made] { return made->source.next_due(); },
                   [made](timestamp now, auto take) { return made->source.produce(now, take); }});
}

void sensors::start(io::scope& in) {
  for (auto& each : feeds_) in.spawn("node.sensor", each->run());
}

void sensors::on_commit() {
  for (auto& each : feeds_) each->on_commit();
}

void sensors::pause() {
  for (auto& each : feeds_) each->pause();
}

}  // namespace perigee::node

#include <openssl/rand.h>
#include <signal.h>

#include <format>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/open_files.hpp"
#include "cli/run_to_end.hpp"
#include "io/scope.hpp"
#include "io/signals.hpp"
#include "io/timer.hpp"
#include "node/node.hpp"

namespace perigee::cli {
namespace {

/// A node until a signal ends it. SIGUSR1 silences its sensors, for a demo that wants to count; SIGHUP has it read
/// again what may change.
class served_node {
 public:
  served_node(io::shard& on, node::instance& node)
      : node_(node), signals_(on, {SIGINT, SIGTERM, SIGUSR1, SIGHUP}), ended_(on), serving_(on), listening_(on) {}

  io::task<> run() {
    serving_.spawn("node", serve());
    listening_.spawn("signals", follow_signals());
    const auto waited = co_await ended_.wait();
    (void)co_await listening_.close();
    (void)co_await serving_.close();
    co_return waited ? how_ : waited;
  }

 private:
  io::task<> serve() {
    how_ = co_await node_.run();
    ended_.notify();
    co_return result<>();
  }

  io::task<> follow_signals() {
    for (;;) {
      PG_CO_TRY(const auto number, co_await signals_.next());
      if (number == SIGUSR1) {
        log::info("run", "the sensors fall silent");
        node_.pause_sensors();
      } else if (number == SIGHUP) {
        log::info("run", "users, policy, certificates and rules are read again");
        node_.reload();
      } else {
        log::info("run", "signal {}: stopping", number);
        serving_.cancel();
      }
    }
  }

  node::instance& node_;
  io::signals signals_;
  io::event ended_;
  result<> how_;
  io::scope serving_;
  io::scope listening_;
};

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&seed), sizeof(seed));
  return seed;
}

/// Each connection takes a file.
void make_room_for_connections(const node::config& chosen) {
  const auto files = allow_open_files();
  if (chosen.mqtt.empty() || files > limits::mqtt_connections_max) return;
  log::info("run", "{} files may be open here, and so fewer connections; raise LimitNOFILE or `ulimit -Hn`", files);
}

exit_code refuse(const node::config& chosen, const error& why) {
  complain(std::format("perigee run: {}: {}\n", chosen.file, why.text()));
  return exit_code::unavailable;
}

}  // namespace

exit_code run_run(const invocation& called) {
  auto chosen = node::load_config(*called.text("file"));
  if (!chosen) {
    complain(render_all(chosen.error()));
    return exit_code::config;
  }
  auto files = node::prepare(*chosen, io::real_disk());
  if (!files) {
    complain(render_all(files.error()));
    return exit_code::config;
  }
  log::set_level(chosen->log_level);
  make_room_for_connections(*chosen);
  ::signal(SIGPIPE, SIG_IGN);  // a peer that is gone is an error of its connection
  io::shard shard;
  const auto network = io::real_network(shard);
  auto node = node::instance::open({shard, io::real_disk(), *network, random_seed()}, *chosen, std::move(*files));
  if (!node) return refuse(*chosen, node.error());
  served_node served(shard, **node);
  const auto ended = run_to_end(shard, served.run());
  if (!ended && !is(ended.error(), errc::cancelled)) return refuse(*chosen, ended.error());
  return exit_code::ok;
}

}  // namespace perigee::cli

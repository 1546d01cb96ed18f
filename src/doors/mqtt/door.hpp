#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "doors/mqtt/broker.hpp"
#include "doors/mqtt/state_store.hpp"
#include "io/scope.hpp"
#include "io/stream.hpp"
#include "io/timer.hpp"
#include "io/turn_end.hpp"
#include "io/worker.hpp"

namespace perigee::doors::mqtt {

namespace detail {
class served;
struct greeting;
}  // namespace detail

struct listener_options {
  io::endpoint at;
  bool anonymous = false;            // who shows nothing is let in, from loopback
  bool anonymous_from_afar = false;  // and from anywhere else
  identified_by by = identified_by::either;
};

/// Where sessions and retained messages are kept over a restart. Without a file they are not.
struct state_options {
  io::worker* worker = nullptr;
  std::string file{};  // of the machine's: SQLite knows no other disk
};

/// The MQTT door: listeners, connections, the clock, and the file of the broker's state. Owned by the
/// node, on the journal's shard; `start`, then `stop` before it is destroyed.
class door final : private broker_host {
 public:
  door(io::shard& on, io::network& net, log_port& log, metrics::registry& registry, broker_options options,
       state_options state);
  ~door() override;
  door(const door&) = delete;
  door& operator=(const door&) = delete;

  [[nodiscard]] mqtt::broker& broker() { return broker_; }
  /// The port it listens on. errc::exists where it is taken.
  [[nodiscard]] result<std::uint16_t> listen(const listener_options& options);
  /// Takes the state over from the file and serves.
  void start();
  /// Wire to journal::on_commit.
  void on_commit() { broker_.on_commit(now()); }
  /// Says goodbye to every client, waits up to a second for it to go out, saves.
  [[nodiscard]] io::task<> stop();

  [[nodiscard]] static moment now() { return {clock::now(), clock::wall()}; }

 private:
  friend class detail::served;
  struct listener {
    std::unique_ptr<io::acceptor> acceptor;
    bool anonymous;
    bool anonymous_from_afar;
    identified_by by;
    std::string_view transport;  // "tcp", "tls", "ws", "wss" or "unix"
  };

  void work_waits() override { work_.notify(); }
  void state_waits() override;
  void commit_waits() override;
  io::task<> open_up();
  io::task<> accept_all(listener& at);
  io::task<> greet(std::unique_ptr<io::stream> stream, const listener& from);
  void flush_later(detail::served& one);
  void flush_all();
  void retire(detail::served& one);
  io::task<> keep_working();
  io::task<> keep_committing();
  io::task<> keep_time();
  [[nodiscard]] result<> load_state();
  void load_or_set_aside();
  void save_when_due();
  void saved(const result<>& outcome);

  io::shard& on_;
  io::network& net_;
  log_port& log_;
  io::event work_;
  io::event commit_;
  bool commit_asked_ = false;
  state_options state_;
  mqtt::broker broker_;
  std::vector<std::unique_ptr<listener>> listeners_;
  std::set<detail::greeting*> greeting_;
  std::vector<std::unique_ptr<detail::served>> served_;
  std::vector<detail::served*> to_flush_;
  std::vector<detail::served*> flushing_;
  std::vector<std::unique_ptr<detail::served>> retired_;  // until the end of the turn
  byte_buffer input_;                                     // of whichever connection is read
  std::shared_ptr<state_store> store_;                    // the worker may outlast the door
  std::shared_ptr<const state_change> saving_;            // until it is saved, over failures too
  std::uint64_t saving_revision_ = 0;
  clock::time_point next_save_{};
  bool worker_saves_ = false;
  bool save_asked_ = false;
  std::shared_ptr<door*> self_;  // tells a save that ends late that the door is gone
  io::turn_end flush_;
  io::scope serving_;
};

}  // namespace perigee::doors::mqtt

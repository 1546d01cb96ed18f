#pragma once
// The cable of one uplink: a relay that can be cut.

#include <cstdint>
#include <list>
#include <memory>

#include "io/scope.hpp"
#include "io/stream.hpp"

namespace perigee::cli {

/// Passes bytes between a child and its parent. Cut, it is a black hole: connections stay open and nothing moves, which
/// is how a dead radio looks; healed, old connections end and new ones pass. Owned by the supervisor, on its shard;
/// ends when `run` is cancelled.
class demo_relay {
 public:
  demo_relay(io::shard& on, io::network& network, std::unique_ptr<io::acceptor> at, std::uint16_t parent_port);

  [[nodiscard]] io::task<> run();
  void cut() { cut_ = true; }
  void heal();

  [[nodiscard]] bool is_cut() const { return cut_; }
  [[nodiscard]] std::uint16_t port() const { return at_->port(); }
  /// From the child to the parent, as they were on the cable.
  [[nodiscard]] std::uint64_t bytes_up() const { return bytes_up_; }

 private:
  struct joint;

  io::task<> serve(std::shared_ptr<joint> both);
  io::task<> pass(std::shared_ptr<joint> both, bool up);
  io::task<> wait_while_cut();

  io::shard& on_;
  io::network& network_;
  std::unique_ptr<io::acceptor> at_;
  std::uint16_t parent_port_;
  bool cut_ = false;
  std::uint64_t bytes_up_ = 0;
  std::list<std::weak_ptr<joint>> joints_;
  io::scope connections_;
};

}  // namespace perigee::cli

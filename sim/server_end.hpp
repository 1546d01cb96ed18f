#pragma once

#include <functional>
#include <memory>
#include <string>

#include "doors/mqtt/broker.hpp"
#include "doors/mqtt/link.hpp"
#include "sim/channel.hpp"

namespace perigee::sim {

/// The door's end of one connection: the product's link, and a channel in place of a socket. Owned by the process that
/// serves it; ends before the process's broker.
class server_end final : public channel_end, private doors::mqtt::transport {
 public:
  /// What goes on here goes on as the node's turn: `as_node` runs a step with the node's clock, and drops it where the
  /// node's process has died meanwhile.
  using runner = std::function<void(std::move_only_function<void()>)>;

  server_end(world& in, doors::mqtt::broker& of, std::shared_ptr<channel> via, runner as_node);
  ~server_end() override;

  void on_tick();
  void fall_silent() { channel_->swallow(toward::client); }
  /// Nothing more comes or goes: it may be destroyed.
  [[nodiscard]] bool over() const { return over_; }

 private:
  void on_piece(byte_view piece) override;
  void on_delivered() override;
  void on_broken() override;
  void wake() override;
  void in_turn(std::move_only_function<void()> step);
  void take_in();
  void flush();
  [[nodiscard]] doors::mqtt::moment now() const { return {world_.now(), world_.wall()}; }

  world& world_;
  std::shared_ptr<channel> channel_;
  runner as_node_;
  std::unique_ptr<doors::mqtt::link> link_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  byte_buffer received_;
  bool sending_ = false;
  bool flush_due_ = false;
  bool over_ = false;
};

}  // namespace perigee::sim

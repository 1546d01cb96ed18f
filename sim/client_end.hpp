#pragma once

#include <memory>
#include <string>

#include "sim/channel.hpp"
#include "sim/node.hpp"
#include "wire/mqtt/client_connection.hpp"

namespace perigee::sim {

/// The client's end of its connections to one node, one after the other: the product's MQTT client over channels.
/// Owned by the device or uplink that speaks through it.
class client_end final : private channel_end {
 public:
  struct terms {
    std::string client_id;
    std::uint16_t keep_alive_s = 5;
    nanoseconds delay_mean = milliseconds(5);
    node* on = nullptr;  // whose process this is part of; none: a device's
  };

  client_end(world& in, node& server, wire::mqtt::client_handler& handler, terms chosen);
  ~client_end() override { forsake(); }

  /// False where nobody listens.
  bool dial();
  /// Sends what has gathered, after commands and events.
  void flush();
  /// Keep-alive; ends a connection that is over. About ten times a second.
  void on_tick();
  /// Closes the connection; the server learns of it. Not from inside a handler: there the next tick does it.
  void hang_up();
  /// Turns away from it without a word: what is under way still arrives.
  void forsake();

  /// While there is one; null otherwise.
  [[nodiscard]] wire::mqtt::client_connection* connection() { return connection_.get(); }
  /// The faults of the channel act on this; null without a connection.
  [[nodiscard]] channel* via() { return channel_.get(); }
  /// Ends it with the next tick.
  void end_soon() { ending_ = true; }

 private:
  void on_piece(byte_view piece) override;
  void on_delivered() override;
  void on_broken() override;
  void in_turn(std::move_only_function<void()> step);
  void close();

  world& world_;
  node& server_;
  wire::mqtt::client_handler& handler_;
  terms terms_;
  std::shared_ptr<channel> channel_;
  std::unique_ptr<wire::mqtt::client_connection> connection_;
  byte_buffer received_;
  std::uint64_t dialled_ = 0;  // connections so far: what comes late from an earlier one does not count
  bool sending_ = false;
  bool ending_ = false;
};

}  // namespace perigee::sim

#pragma once

#include <memory>
#include <string>

#include "readers/uplink/sender.hpp"
#include "sim/client_end.hpp"
#include "sim/node.hpp"

namespace perigee::sim {

/// The uplink of a child to its parent: the product's sender and MQTT client, and between them and the parent's door a
/// connection that breaks. Owned by the site; ends with it.
class link final : private wire::mqtt::client_handler {
 public:
  link(node& child, node& parent, nanoseconds delay_mean, readers::uplink::sender_options chosen);

  void cut();
  /// No connection until then.
  void partition(nanoseconds duration);
  /// One direction goes silent until the connection is broken off.
  void swallow(toward to);
  /// The child gives the connection up and makes another while what it sent is still under way.
  void forsake();
  /// The parent does not read for a while.
  void read_slowly(nanoseconds duration);
  void heal() { not_before_ = world_.now(); }

  [[nodiscard]] const node& child() const { return child_; }
  /// Everything is up and acknowledged.
  [[nodiscard]] bool settled();

 private:
  void on_connected(const wire::mqtt::connack& answer) override;
  void on_message(const wire::mqtt::publish& message) override;
  void on_acknowledged(std::uint64_t tag, wire::mqtt::reason code) override;
  void on_subscribed(wire::mqtt::packet_id id, byte_view codes) override;
  void on_closed(wire::mqtt::reason code, const char* what) override;

  void child_up();
  void tick();
  void pump();
  void rest(nanoseconds mean);
  void check_state();
  [[nodiscard]] client::link_state state();

  world& world_;
  node& child_;
  node& parent_;
  readers::uplink::sender_options chosen_;
  client_end wire_;
  std::unique_ptr<readers::uplink::sender> sender_;
  clock::time_point not_before_{};
};

}  // namespace perigee::sim

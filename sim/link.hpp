#pragma once

#include <array>
#include <memory>
#include <vector>

#include "readers/uplink/receiver.hpp"
#include "readers/uplink/sender.hpp"
#include "sim/node.hpp"

namespace perigee::sim {

/// One direction of a connection: messages arrive in order, each after its own delay, or with the connection never.
class pipe {
 public:
  pipe(world& in, nanoseconds delay_mean) : world_(in), delay_mean_(delay_mean) {}

  void send(std::move_only_function<void()> arrival);
  /// What is under way is lost.
  void cut() { ++connection_; }
  /// Swallows everything without a sign of it, as a half-open connection does.
  void swallow(bool swallows) { swallows_ = swallows; }

 private:
  world& world_;
  nanoseconds delay_mean_;
  clock::time_point last_arrival_{};
  std::uint64_t connection_ = 0;
  bool swallows_ = false;
};

/// The uplink of a child to its parent: the product's sender and receiver, and between them a connection that breaks.
/// Owned by the site; ends with it.
class link {
 public:
  link(node& child, node& parent, nanoseconds delay_mean, std::uint32_t batch_records);

  void cut();
  /// No connection until then.
  void partition(nanoseconds duration);
  /// Up or down goes silent until the connection is broken off.
  void swallow(bool up);
  void heal();

 private:
  struct waiting {
    std::uint64_t token;  // 0: a hello
    readers::uplink::hello hello;
    std::array<log_offset, model::lane_count> until;
  };

  void child_up();
  void connect();
  void pump();
  void arrive(const readers::uplink::outgoing& out);
  void answer_what_is_durable();
  void answer(std::uint64_t token, bool success);
  [[nodiscard]] bool durable(const waiting& w);

  world& world_;
  node& child_;
  node& parent_;
  std::uint32_t batch_records_;
  pipe up_;
  pipe down_;
  std::unique_ptr<readers::uplink::sender> sender_;
  bool connected_ = false;
  clock::time_point not_before_{};
  std::vector<waiting> waiting_;  // answers that the parent owes
};

}  // namespace perigee::sim

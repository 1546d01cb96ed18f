#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/bytes.hpp"
#include "sim/world.hpp"

namespace perigee::sim {

/// Which end of a connection bytes go to.
enum class toward : std::uint8_t { server, client };

/// Whoever sits at one end of a channel.
class channel_end {
 public:
  virtual ~channel_end() = default;
  /// Some bytes arrived: as many as happened to come together.
  virtual void on_piece(byte_view piece) = 0;
  /// What was sent last is delivered: the next may be sent.
  virtual void on_delivered() = 0;
  /// The other end is gone, or the network said so.
  virtual void on_broken() = 0;
};

/// One connection as TCP makes it: bytes arrive in order, in pieces that end anywhere, each after a delay, and with the
/// connection perhaps never. Shared by its two ends.
class channel : public std::enable_shared_from_this<channel> {
 public:
  channel(world& in, nanoseconds delay_mean) : world_(in), delay_mean_(delay_mean) {}

  void join(toward side, channel_end& who) { lane(side).reader = &who; }
  /// That end is gone. The other learns of it after a delay, unless nothing reaches it.
  void leave(toward side);
  /// That end turns away without a word: what it sent still arrives, what is sent to it goes nowhere.
  void forsake(toward side) { lane(side).reader = nullptr; }
  /// Sends all of it; one at a time, until on_delivered.
  void send(toward to, byte_buffer bytes);
  /// Both ends learn of it; what is under way is lost.
  void cut();
  /// From now on everything in this direction disappears without a sign, as on a half-open connection.
  void swallow(toward to) { lane(to).swallows = true; }
  /// The reader at that end does not read for so long.
  void hold(toward to, nanoseconds duration) { lane(to).held_until = world_.now() + duration; }

 private:
  struct direction {
    channel_end* reader = nullptr;
    clock::time_point last_arrival{};
    clock::time_point held_until{};
    bool swallows = false;
  };

  [[nodiscard]] direction& lane(toward to) { return directions_[static_cast<std::size_t>(to)]; }
  [[nodiscard]] static toward other(toward to) { return to == toward::server ? toward::client : toward::server; }
  [[nodiscard]] nanoseconds arrival(direction& in);
  void tell(toward side);

  world& world_;
  nanoseconds delay_mean_;
  std::array<direction, 2> directions_;
  bool broken_ = false;
};

}  // namespace perigee::sim

#pragma once

#include <memory>

#include "doors/mqtt/door.hpp"
#include "doors/mqtt/link.hpp"
#include "io/channel.hpp"

namespace perigee::doors::mqtt::detail {

/// What its listener says of a connection.
struct arrival {
  bool anonymous = false;            // who shows nothing is let in, from loopback
  bool anonymous_from_afar = false;  // and from anywhere else
  identified_by by = identified_by::either;
  std::string_view transport{};  // static
};

/// A connection whose stream greets: its TLS or WebSocket handshake. In the door's list while its coroutine runs.
struct greeting {
  io::stream& stream;
  clock::time_point close_by;
};

/// Moves the bytes of one connection between its channel and its link. It reads to a buffer of the door, so that an
/// idle connection has none; what gathers to be written goes out once at the end of the loop's turn. Owned by the door,
/// on its shard; ends with the connection.
class served final : private transport, private io::channel_user {
 public:
  served(door& of, std::unique_ptr<io::stream> from, const arrival& through);
  ~served() override;

  /// Writes what there is, and reads on where that may be. Once at the end of a turn in which it was asked for.
  void flush(moment now);
  /// About twice a second.
  void on_tick(moment now);
  /// The server stops.
  void dismiss();
  /// It may be destroyed.
  [[nodiscard]] bool ended() const { return ended_; }

  std::size_t place = 0;  // the door's, in its list

 private:
  void wake() override;
  void on_readable() override;
  void on_writable() override;
  [[nodiscard]] result<byte_view> receive();
  void hand_over(byte_view pending);
  void write(moment now);
  void read_on();
  void end();

  door& door_;
  std::unique_ptr<io::channel> channel_;
  std::unique_ptr<link> link_;
  byte_buffer rest_;            // of a packet that has not come whole, or while the link is paused
  clock::time_point close_by_;  // of the goodbye
  bool flush_due_ = false;
  bool blocked_ = false;  // the channel takes no more for now
  bool paused_ = false;   // it is not read
  bool saying_goodbye_ = false;
  bool ended_ = false;
};

}  // namespace perigee::doors::mqtt::detail

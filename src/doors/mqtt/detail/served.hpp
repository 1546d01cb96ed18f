#pragma once

#include <memory>

#include "doors/mqtt/door.hpp"
#include "doors/mqtt/link.hpp"
#include "io/receive_buffer.hpp"

namespace perigee::doors::mqtt::detail {

/// What its listener says of a connection.
struct arrival {
  bool anonymous = false;            // who shows nothing is let in, from loopback
  bool anonymous_from_afar = false;  // and from anywhere else
  identified_by by = identified_by::either;
  std::string_view transport{};  // static
};

/// Moves the bytes of one connection: one coroutine reads, one writes whatever gathered since it last wrote, in one
/// piece. Owned by its own reading coroutine, which the door's scope holds; ends with the connection.
class served final : private transport {
 public:
  served(door& of, std::unique_ptr<io::stream> stream, const arrival& through);
  ~served() override;

  [[nodiscard]] static io::task<> run(std::unique_ptr<served> self);
  /// About twice a second.
  void on_tick(moment now);
  /// The server stops.
  void dismiss();

 private:
  void wake() override;
  io::task<> converse();
  io::task<> see_off();
  io::task<> write_out();

  door& door_;
  std::unique_ptr<io::stream> stream_;
  arrival through_;
  clock::time_point close_by_;  // of the greeting, then of the goodbye
  io::event output_ready_;
  io::event may_read_;
  std::unique_ptr<link> link_;
  io::receive_buffer buffer_;
  io::scope writing_;
};

}  // namespace perigee::doors::mqtt::detail

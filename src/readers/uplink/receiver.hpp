#pragma once

#include <string_view>

#include "journal/journal.hpp"
#include "readers/uplink/protocol.hpp"

namespace perigee::readers::uplink {

/// The parent's end: what a child offers becomes a record in this node's journal, once (promise P2). No state of its
/// own: the journal's high-water marks are the truth. Owned by the node, on the journal's shard.
class receiver {
 public:
  explicit receiver(journal::journal& log) : log_(log) {}

  /// What the child is told after its hello, and whether its journal is one that went on elsewhere. Vouches for records
  /// only once they are durable, so the caller sends it when every lane's acknowledged() has reached what staged() is
  /// now.
  [[nodiscard]] welcome greet(std::string_view child, const hello& h) const;

  /// Where a batch went: acknowledge it when the lane's acknowledged() passes `wait_for`.
  struct accepted {
    model::lane lane;
    log_offset wait_for;
    bool is_new;  // false: it was here already, and nothing was appended
  };
  /// `child` is the connection's authenticated identity. errc::refused for a batch in another node's name,
  /// errc::out_of_order for a hole or an overlap, and what the journal's append and the batch's decoder answer.
  [[nodiscard]] result<accepted> offer(std::string_view child, model::lane l, byte_view batch, timestamp now);

 private:
  journal::journal& log_;
};

}  // namespace perigee::readers::uplink

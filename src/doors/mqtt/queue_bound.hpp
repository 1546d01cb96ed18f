#pragma once

#include <cstdint>

namespace perigee::doors::mqtt {

enum class queue_full : std::uint8_t { drop_oldest, drop_newest };

/// How many messages may wait for a client that is away or slow, in each lane. Those in flight have a bound of their
/// own (limits::mqtt_inflight_out_max), and so has what the journal keeps.
struct queue_bound {
  std::uint64_t messages_max = 0;  // 0: no further bound
  queue_full when_full = queue_full::drop_oldest;
};

}  // namespace perigee::doors::mqtt

#pragma once

#include "base/metrics.hpp"

namespace perigee::doors::mqtt::detail {

/// What the broker counts.
struct meters {
  explicit meters(metrics::registry& in);

  metrics::gauge& connections;
  metrics::counter& opened;     // connections, since the start
  metrics::counter& connects;   // CONNECT packets
  metrics::gauge& clients;      // connections whose CONNECT was accepted
  metrics::gauge& clients_max;  // at once, since the start
  metrics::gauge& sessions;
  metrics::counter& expired;  // sessions whose client did not come back in time
  metrics::gauge& subscriptions;
  metrics::gauge& retained;
  metrics::counter& received;
  metrics::counter& received_bytes;
  metrics::counter& sent;
  metrics::counter& sent_bytes;
  metrics::counter& packets_received;  // of every type
  metrics::counter& packets_sent;
  metrics::counter& wire_received_bytes;  // of every packet, whole
  metrics::counter& wire_sent_bytes;
  metrics::counter& dropped;       // QoS 0 for a client that reads too slowly, or an expired message
  metrics::counter& lost;          // QoS 1 that retention took away before the client came back
  metrics::counter& refused;       // messages answered with a failure
  metrics::counter& not_retained;  // the store was full
  metrics::counter& malformed;     // connections closed for what they sent
  metrics::counter& forbidden;     // messages and subscriptions that the policy refused
  metrics::counter& not_admitted;  // connections refused at CONNECT
};

}  // namespace perigee::doors::mqtt::detail

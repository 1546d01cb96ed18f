#pragma once

#include "base/metrics.hpp"

namespace perigee::doors::mqtt::detail {

/// What the broker counts.
struct meters {
  explicit meters(metrics::registry& in);

  metrics::gauge& connections;
  metrics::gauge& sessions;
  metrics::gauge& subscriptions;
  metrics::gauge& retained;
  metrics::counter& received;
  metrics::counter& received_bytes;
  metrics::counter& sent;
  metrics::counter& sent_bytes;
  metrics::counter& dropped;       // QoS 0 for a client that reads too slowly, or an expired message
  metrics::counter& lost;          // QoS 1 that retention took away before the client came back
  metrics::counter& refused;       // messages answered with a failure
  metrics::counter& not_retained;  // the store was full
  metrics::counter& malformed;     // connections closed for what they sent
  metrics::counter& not_admitted;  // connections refused at CONNECT
};

}  // namespace perigee::doors::mqtt::detail

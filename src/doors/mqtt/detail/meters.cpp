#include "doors/mqtt/detail/meters.hpp"

namespace perigee::doors::mqtt::detail {

meters::meters(metrics::registry& in)
    : connections(in.make_gauge("perigee_mqtt_connections", "Open MQTT connections.")),
      sessions(in.make_gauge("perigee_mqtt_sessions", "MQTT sessions, attached or waiting for their client.")),
      subscriptions(in.make_gauge("perigee_mqtt_subscriptions", "Topic filters of all sessions.")),
      retained(in.make_gauge("perigee_mqtt_retained_messages", "Retained messages.")),
      received(in.make_counter("perigee_mqtt_received_total", "Messages from clients.")),
      received_bytes(in.make_counter("perigee_mqtt_received_bytes_total", "Payload bytes from clients.")),
      sent(in.make_counter("perigee_mqtt_sent_total", "Messages to clients.")),
      sent_bytes(in.make_counter("perigee_mqtt_sent_bytes_total", "Payload bytes to clients.")),
      dropped(in.make_counter("perigee_mqtt_dropped_total",
                              "Messages not sent: QoS 0 for a slow client, expired, or too large for the client.")),
      lost(in.make_counter("perigee_mqtt_lost_total",
                           "Records that retention took before a client came back for them.")),
      refused(in.make_counter("perigee_mqtt_refused_total", "Messages answered with a failure.")),
      not_retained(in.make_counter("perigee_mqtt_not_retained_total", "Retained messages past the store's bound.")),
      malformed(in.make_counter("perigee_mqtt_malformed_total", "Connections closed for what they sent.")),
      not_admitted(in.make_counter("perigee_mqtt_not_admitted_total", "Connections refused at CONNECT.")) {}

}  // namespace perigee::doors::mqtt::detail

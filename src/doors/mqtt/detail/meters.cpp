#include "doors/mqtt/detail/meters.hpp"

namespace perigee::doors::mqtt::detail {

meters::meters(metrics::registry& in)
    : connections(in.make_gauge("perigee_mqtt_connections", "Open MQTT connections.")),
      opened(in.make_counter("perigee_mqtt_connections_opened_total", "MQTT connections opened.")),
      connects(in.make_counter("perigee_mqtt_connects_total", "CONNECT packets, let in or not.")),
      clients(in.make_gauge("perigee_mqtt_clients", "MQTT clients that are connected.")),
      clients_max(in.make_gauge("perigee_mqtt_clients_max", "The most MQTT clients at once since the start.")),
      sessions(in.make_gauge("perigee_mqtt_sessions", "MQTT sessions, attached or waiting for their client.")),
      expired(in.make_counter("perigee_mqtt_sessions_expired_total", "Sessions whose client did not come back.")),
      subscriptions(in.make_gauge("perigee_mqtt_subscriptions", "Topic filters of all sessions.")),
      retained(in.make_gauge("perigee_mqtt_retained_messages", "Retained messages.")),
      received(in.make_counter("perigee_mqtt_received_total", "Messages from clients.")),
      received_bytes(in.make_counter("perigee_mqtt_received_bytes_total", "Payload bytes from clients.")),
      sent(in.make_counter("perigee_mqtt_sent_total", "Messages to clients.")),
      sent_bytes(in.make_counter("perigee_mqtt_sent_bytes_total", "Payload bytes to clients.")),
      packets_received(in.make_counter("perigee_mqtt_packets_received_total", "Packets of every type from clients.")),
      packets_sent(in.make_counter("perigee_mqtt_packets_sent_total", "Packets of every type to clients.")),
      wire_received_bytes(
          in.make_counter("perigee_mqtt_wire_received_bytes_total", "Bytes of all packets from clients.")),
      wire_sent_bytes(in.make_counter("perigee_mqtt_wire_sent_bytes_total", "Bytes of all packets to clients.")),
      dropped(in.make_counter("perigee_mqtt_dropped_total",
                              "Messages not sent: QoS 0 for a slow client, expired, or too large for the client.")),
      lost(in.make_counter("perigee_mqtt_lost_total",
                           "Records that retention took before a client came back for them.")),
      refused(in.make_counter("perigee_mqtt_refused_total", "Messages answered with a failure.")),
      not_retained(in.make_counter("perigee_mqtt_not_retained_total", "Retained messages past the store's bound.")),
      malformed(in.make_counter("perigee_mqtt_malformed_total", "Connections closed for what they sent.")),
      forbidden(in.make_counter("perigee_mqtt_forbidden_total", "Messages and subscriptions that the policy refused.")),
      not_admitted(in.make_counter("perigee_mqtt_not_admitted_total", "Connections refused at CONNECT.")) {}

}  // namespace perigee::doors::mqtt::detail

#pragma once
// [[bridge]] and [[bridge.topic]]: what can be said, and what must fit together.

#include "base/limits.hpp"
#include "node/detail/kind.hpp"

namespace perigee::node::detail {

inline constexpr std::array<std::pair<std::string_view, readers::bridge::direction>, 3> directions = {
    {{"out", readers::bridge::direction::out},
     {"in", readers::bridge::direction::in},
     {"both", readers::bridge::direction::both}}};
inline constexpr std::array<std::pair<std::string_view, transport>, 4> bridge_transports = {
    {{"tcp", transport::tcp}, {"tls", transport::tls}, {"ws", transport::ws}, {"wss", transport::wss}}};
inline constexpr std::array<std::pair<std::string_view, wire::mqtt::protocol_version>, 2> mqtt_versions = {
    {{"5", wire::mqtt::protocol_version::v5}, {"3.1.1", wire::mqtt::protocol_version::v3_1_1}}};

inline void set_transport(bridge_config& of, transport to) {
  of.secure = is_tls(to);
  of.websocket = is_websocket(to);
}
inline void set_qos(bridge_topic& of, std::uint8_t to) { of.qos = static_cast<wire::mqtt::qos>(to); }

inline constexpr option<bridge_topic> bridge_topic_options[] = {
    row<&bridge_topic::filter, kind::filter, bridge_topic>("filter", "required",
                                                           "which topics, behind the prefix of their side"),
    row<&bridge_topic::direction, kind::choice<directions>, bridge_topic>("direction", "\"out\"",
                                                                          "from here, to here, or both"),
    row<set_qos, kind::whole<std::uint8_t, 0, 2>, bridge_topic>(
        "qos", "1", "with which messages are sent and asked for; 0 may lose some, 1 may double some"),
    row<&bridge_topic::local_prefix, kind::text, bridge_topic>("local_prefix", "\"\"",
                                                               "stands before the topic here and not there"),
    row<&bridge_topic::remote_prefix, kind::text, bridge_topic>("remote_prefix", "\"\"",
                                                                "stands before the topic there and not here"),
    row<&bridge_topic::retain, kind::boolean, bridge_topic>("retain", "true", "a retained message stays one"),
};

inline constexpr option<bridge_config> bridge_options[] = {
    row<&bridge_config::name, kind::name, bridge_config>("name", "required",
                                                         "of the bridge, in metrics, states and its records' source"),
    row<&bridge_config::host, kind::text, bridge_config>("host", "required", "the other broker's name or address"),
    row<&bridge_config::port, kind::port, bridge_config>("port", "1883, 8883, 80 or 443 by the transport",
                                                         "the other broker's port"),
    row<set_transport, kind::choice<bridge_transports>, bridge_config>("transport", "\"tls\"",
                                                                       "ws and wss are WebSocket, at the path /mqtt"),
    row<&bridge_config::in_the_clear, kind::boolean, bridge_config>(
        "in_the_clear", "false", "without TLS to another machine: who listens reads everything, the password too"),
    row<&bridge_config::version, kind::choice<mqtt_versions>, bridge_config>("version", "\"5\"", "of MQTT"),
    row<&bridge_config::client_id, kind::text, bridge_config>("client_id", "\"perigee-NODE-NAME\"",
                                                              "as which client it connects"),
    row<&bridge_config::user, kind::text, bridge_config>("user", "none", "the user name"),
    row<&bridge_config::password, kind::secret_reference, bridge_config>(
        "password", "none", "read again before each connection, so that one that expires can be replaced"),
    row<&bridge_config::certificate, kind::file, bridge_config>(
        "certificate", "none", "PEM: the certificate to show, then those between it and its authority"),
    row<&bridge_config::key, kind::secret_reference, bridge_config>("key", "none",
                                                                    "PEM: the certificate's private key"),
    row<&bridge_config::authority, kind::file, bridge_config>("authority", "the machine's own list",
                                                              "PEM: who signs the other broker's certificate"),
    row<&bridge_config::server_name, kind::text, bridge_config>("server_name", "the host",
                                                                "what the other broker's certificate is for (SNI)"),
    row<&bridge_config::alpn, kind::list_of<kind::text, 4>, bridge_config>(
        "alpn", "none", "protocols to offer in TLS: [\"x-amzn-mqtt-ca\"] for AWS on port 443"),
    row<&bridge_config::persistent, kind::boolean, bridge_config>(
        "persistent", "true", "the other broker keeps subscriptions and messages while the bridge is away"),
    row<&bridge_config::session_expiry, kind::duration, bridge_config>("session_expiry", "\"7d\"",
                                                                       "for how long (MQTT 5)"),
    row<&bridge_config::keep_alive, kind::duration, bridge_config>("keep_alive", "\"60s\"",
                                                                   "how often it is asked whether it is there"),
    row<&bridge_config::retry_min, kind::duration, bridge_config>("retry_min", "\"500ms\"",
                                                                  "the first pause before another try"),
    row<&bridge_config::retry_max, kind::duration, bridge_config>("retry_max", "\"30s\"",
                                                                  "the longest; each is up to twice the one before"),
    row<&bridge_config::payload_max, kind::size, bridge_config>(
        "payload_max", "what the other broker says", "larger messages are set aside in quarantine: \"128KiB\" for AWS"),
    repeated<bridge_topic_options, &bridge_config::topics, limits::bridge_topics_max, bridge_config>(
        "topic", "[[bridge.topic]]", "what passes; the first that covers a topic decides"),
};

void check_bridges(reading& in, const value& root, const config& of);

}  // namespace perigee::node::detail

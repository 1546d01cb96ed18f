#pragma once
// What the API says of MQTT clients, subscriptions, retained messages and packets, as JSON. docs/mqtt.md lists the
// keys.

#include <boost/json/object.hpp>

#include "doors/mqtt/broker_view.hpp"

namespace perigee::node {

[[nodiscard]] boost::json::object to_json(const doors::mqtt::client_info& of);
[[nodiscard]] boost::json::object to_json(const doors::mqtt::subscription_info& of);
enum class show_payload { no, yes };
[[nodiscard]] boost::json::object to_json(const doors::mqtt::retained_info& of, show_payload payload);
[[nodiscard]] boost::json::object to_json(const doors::mqtt::traced_event& of);

}  // namespace perigee::node

#include "node/mqtt_json.hpp"

#include <boost/json.hpp>
#include <format>

#include "wire/mqtt/text.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;
namespace mqtt = doors::mqtt;

std::string_view name_of(wire::mqtt::protocol_version v) {
  switch (v) {
    case wire::mqtt::protocol_version::v3_1: return "3.1";
    case wire::mqtt::protocol_version::v3_1_1: return "3.1.1";
    case wire::mqtt::protocol_version::v5: break;
  }
  return "5";
}

json::value text_or_null(std::string_view text) {
  if (text.empty()) return nullptr;
  return json::string(text);
}

json::object to_json(const mqtt::departure& of) {
  return {{"at", to_iso8601(of.at)},
          {"code", static_cast<unsigned>(of.code)},
          {"reason", wire::mqtt::name_of(of.code)},
          {"what", of.what}};
}

std::string hexadecimal(byte_view bytes) {
  std::string out;
  out.reserve(2 * bytes.size());
  for (const auto b : bytes) std::format_to(std::back_inserter(out), "{:02x}", b);
  return out;
}

std::string_view name_of(mqtt::traced_event::kind what) {
  switch (what) {
    case mqtt::traced_event::kind::received: return "in";
    case mqtt::traced_event::kind::sent: return "out";
    case mqtt::traced_event::kind::closed: break;
  }
  return "closed";
}

void add_publish(const mqtt::traced_event& of, json::object& out) {
  out["qos"] = static_cast<unsigned>(*of.qos);
  out["topic"] = text_or_null(of.topic);
  out["retain"] = of.retain;
  out["duplicate"] = of.duplicate;
  out["payload_bytes"] = of.payload_bytes;
  if (of.topic_alias) out["topic_alias"] = *of.topic_alias;
}

}  // namespace

json::object to_json(const mqtt::client_info& of) {
  json::object out{{"client_id", of.client_id}, {"identity", text_or_null(of.name)}, {"connected", of.connected}};
  if (of.connected) {
    out["address"] = of.address;
    out["transport"] = of.transport;
    out["version"] = name_of(*of.version);
    out["connected_since"] = to_iso8601(of.connected_since);
    out["keep_alive_s"] = of.keep_alive_s;
    out["output_bytes"] = of.output_bytes;
  } else {
    out["session_expires"] = to_iso8601(of.expires);
  }
  out["session_expiry_s"] = of.expiry_s;
  out["subscriptions"] = of.subscriptions;
  out["received"] = json::object{{"messages", of.traffic.received}, {"bytes", of.traffic.received_bytes}};
  out["sent"] = json::object{{"messages", of.traffic.sent}, {"bytes", of.traffic.sent_bytes}};
  out["dropped"] = of.traffic.dropped;
  out["in_flight"] = of.in_flight;
  out["waiting"] = of.waiting ? json::value(*of.waiting) : json::value();
  out["behind_records"] = of.behind_records;
  if (of.left.at.ns != 0) out["last_disconnect"] = to_json(of.left);
  return out;
}

json::object to_json(const mqtt::subscription_info& of) {
  json::object out{{"client_id", of.client_id},
                   {"filter", of.filter},
                   {"qos", static_cast<unsigned>(of.qos)},
                   {"no_local", of.no_local},
                   {"retain_as_published", of.retain_as_published}};
  if (of.identifier != 0) out["identifier"] = of.identifier;
  return out;
}

json::object to_json(const mqtt::retained_info& of, show_payload payload) {
  json::object out{{"topic", of.topic},
                   {"qos", static_cast<unsigned>(of.qos)},
                   {"arrival", to_iso8601(of.arrival)},
                   {"payload_bytes", of.payload_bytes}};
  if (payload == show_payload::no) return out;
  const bool is_text = wire::mqtt::is_valid_text(as_text(of.payload));
  if (is_text) {
    out["payload"] = as_text(of.payload);
  } else {
    out["payload_hex"] = hexadecimal(of.payload);
  }
  if (of.payload.size() != of.payload_bytes) out["payload_cut"] = true;
  return out;
}

json::object to_json(const mqtt::traced_event& of) {
  json::object out{{"at", to_iso8601(of.at)}, {"event", name_of(of.what)}, {"address", of.address}};
  if (of.what != mqtt::traced_event::kind::closed) {
    out["packet"] = mqtt::name_of(of.type);
    out["bytes"] = of.bytes;
    if (of.id != 0) out["id"] = of.id;
  }
  if (of.qos) add_publish(of, out);
  if (of.reason) {
    out["code"] = static_cast<unsigned>(*of.reason);
    out["reason"] = wire::mqtt::name_of(*of.reason);
  }
  if (!of.note.empty()) out["note"] = of.note;
  return out;
}

}  // namespace perigee::node

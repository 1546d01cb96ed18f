// `perigee mqtt`: the clients, subscriptions and retained messages of a running node's broker, over its API.

#include <boost/json.hpp>
#include <format>

#include "base/percent.hpp"
#include "cli/api_list.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/demo_table.hpp"
#include "cli/node_api.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::cli {
namespace {

namespace json = boost::json;
using align = text_column::align;

constexpr std::string_view root = "/api/v1/mqtt";

exit_code refuse(exit_code code, std::string_view sentence) {
  complain(std::format("perigee mqtt: {}\n", sentence));
  return code;
}

const json::object& object_in(const json::object& in, std::string_view key) {
  static const json::object none;
  const auto* found = in.if_contains(key);
  return found != nullptr && found->is_object() ? found->get_object() : none;
}

std::uint64_t number_in(const json::object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  boost::system::error_code ec;
  const auto number = found == nullptr ? 0 : found->to_number<std::uint64_t>(ec);
  return ec ? 0 : number;
}

std::string grouped_in(const json::object& in, std::string_view key) { return grouped(number_in(in, key)); }

/// Nothing where it is not known.
std::string waiting_of(const json::object& c) { return text_of(c, "waiting").empty() ? "" : grouped_in(c, "waiting"); }

std::vector<std::string> client_row(const json::object& c) {
  const bool connected = text_of(c, "connected") == "true";
  const auto& left = object_in(c, "last_disconnect");
  return {text_of(c, "client_id"),
          or_dash(text_of(c, "identity")),
          connected ? text_of(c, "address") : "away",
          connected ? text_of(c, "transport") + " " + text_of(c, "version") : "-",
          to_second(connected ? text_of(c, "connected_since") : or_dash(text_of(left, "at"))),
          grouped_in(c, "subscriptions"),
          grouped_in(object_in(c, "received"), "messages"),
          grouped_in(object_in(c, "sent"), "messages"),
          grouped_in(c, "in_flight"),
          or_dash(waiting_of(c)),
          grouped_in(c, "behind_records"),
          grouped_in(c, "dropped")};
}

std::vector<std::string> subscription_row(const json::object& s) {
  std::string options = text_of(s, "no_local") == "true" ? "no local" : "";
  if (text_of(s, "retain_as_published") == "true") options += options.empty() ? "retain as it is" : ", retain as it is";
  return {text_of(s, "client_id"), text_of(s, "filter"), text_of(s, "qos"), options};
}

std::vector<std::string> retained_row(const json::object& r) {
  auto payload = text_of(r, "payload");
  if (const auto hex = text_of(r, "payload_hex"); !hex.empty()) payload = "0x" + hex;
  if (text_of(r, "payload_cut") == "true") payload += " ...";
  return {text_of(r, "topic"), text_of(r, "qos"), to_second(text_of(r, "arrival")), grouped_in(r, "payload_bytes"),
          payload};
}

std::string client_path(const invocation& called) {
  return std::format("{}/clients/{}", root, percent_encode(*called.text("client")));
}

std::string describe_connection(const json::object& c) {
  if (text_of(c, "connected") != "true") {
    return std::format("  away          the session ends {}\n", to_second(text_of(c, "session_expires")));
  }
  const auto keep_alive = number_in(c, "keep_alive_s");
  return std::format("  connected     {} over {}, MQTT {}, since {}\n  keep alive    {}\n", text_of(c, "address"),
                     text_of(c, "transport"), text_of(c, "version"), to_second(text_of(c, "connected_since")),
                     keep_alive == 0 ? "none" : std::format("{} s", keep_alive));
}

std::string describe(const json::object& c) {
  const auto& in = object_in(c, "received");
  const auto& out = object_in(c, "sent");
  auto text = std::format("{}{}\n", text_of(c, "client_id"),
                          text_of(c, "identity").empty() ? "" : std::format(" ({})", text_of(c, "identity")));
  text += describe_connection(c);
  text += std::format("  session       kept {} s after the connection\n", text_of(c, "session_expiry_s"));
  text += std::format("  received      {} messages, {} bytes\n", grouped_in(in, "messages"), grouped_in(in, "bytes"));
  text += std::format("  sent          {} messages, {} bytes; {} dropped\n", grouped_in(out, "messages"),
                      grouped_in(out, "bytes"), grouped_in(c, "dropped"));
  text += std::format("  waiting       {} messages, {} in flight; {} records behind\n", or_dash(waiting_of(c)),
                      grouped_in(c, "in_flight"), grouped_in(c, "behind_records"));
  if (const auto& left = object_in(c, "last_disconnect"); !left.empty()) {
    text += std::format("  last left     {}: {} ({})\n", to_second(text_of(left, "at")), text_of(left, "what"),
                        text_of(left, "reason"));
  }
  return text;
}

std::string describe_filters(const json::object& c) {
  const auto* filters = c.if_contains("filters");
  if (filters == nullptr || !filters->is_array() || filters->get_array().empty()) return "";
  text_table table({{"  filter"}, {"QoS", align::right}, {"options"}});
  for (const auto& each : filters->get_array()) {
    if (!each.is_object()) continue;
    auto row = subscription_row(each.get_object());
    table.add({"  " + row[1], row[2], row[3]});
  }
  return table.render(stdout_has_colour());
}

std::string printable_lines(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    out += printable(std::string_view(text).substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return out;
}

}  // namespace

exit_code run_mqtt(const invocation&) {
  return refuse(exit_code::usage, "which? `perigee mqtt clients`, `client`, `kick`, `subs`, `retained` or `trace`");
}

exit_code run_mqtt_clients(const invocation& called) {
  const auto most = limit_of(called, "mqtt");
  if (!most) return most.error();
  const auto node = node_api::find(called, "mqtt");
  if (!node) return node.error();
  const auto list = ask_list(*node, std::format("{}/clients", root), "clients", *most);
  if (!list) return list.error();
  if (called.json()) return print_json(*list), exit_code::ok;
  print(to_text(*list, "clients",
                text_table({{"client"},
                            {"identity"},
                            {"address"},
                            {"via"},
                            {"since"},
                            {"filters", align::right},
                            {"in", align::right},
                            {"out", align::right},
                            {"in flight", align::right},
                            {"waiting", align::right},
                            {"behind", align::right},
                            {"dropped", align::right}}),
                client_row, "no client has a session"));
  return exit_code::ok;
}

exit_code run_mqtt_client(const invocation& called) {
  const auto node = node_api::find(called, "mqtt");
  if (!node) return node.error();
  const auto client = node->ask("GET", client_path(called));
  if (!client) return client.error();
  if (called.json()) return print_json(*client), exit_code::ok;
  print(printable_lines(describe(*client)) + describe_filters(*client));
  return exit_code::ok;
}

exit_code run_mqtt_kick(const invocation& called) {
  const auto node = node_api::find(called, "mqtt");
  if (!node) return node.error();
  const bool end = called.has("--end-session");
  const auto done = node->ask("DELETE", client_path(called) + (end ? "?session=end" : ""));
  if (!done) return done.error();
  if (called.json()) return print_json(*done), exit_code::ok;
  print(std::format("{} {}, {}\n", printable(text_of(*done, "client_id")),
                    text_of(*done, "was_connected") == "true" ? "was disconnected" : "was not connected",
                    text_of(*done, "has_session") == "true" ? "its session is kept" : "its session is ended"));
  return exit_code::ok;
}

exit_code run_mqtt_subs(const invocation& called) {
  const auto topic = *called.text("topic");
  if (!wire::mqtt::is_topic_name(topic)) {
    return refuse(exit_code::usage, "TOPIC is the name of one topic: 'site/press/4', without + and #");
  }
  const auto most = limit_of(called, "mqtt");
  if (!most) return most.error();
  const auto node = node_api::find(called, "mqtt");
  if (!node) return node.error();
  const auto list =
      ask_list(*node, std::format("{}/subscriptions?topic={}", root, percent_encode(topic)), "subscriptions", *most);
  if (!list) return list.error();
  if (called.json()) return print_json(*list), exit_code::ok;
  print(to_text(*list, "subscriptions", text_table({{"client"}, {"filter"}, {"QoS", align::right}, {"options"}}),
                subscription_row, "no filter covers this topic"));
  return exit_code::ok;
}

exit_code run_mqtt_retained(const invocation& called) {
  const auto filter = called.text("filter").value_or("#");
  if (!wire::mqtt::is_topic_filter(filter)) {
    return refuse(exit_code::usage, "FILTER is a topic filter: 'site/#', 'site/+/motor'");
  }
  const auto most = limit_of(called, "mqtt");
  if (!most) return most.error();
  const auto node = node_api::find(called, "mqtt");
  if (!node) return node.error();
  const auto path = std::format("{}/retained?filter={}{}", root, percent_encode(filter),
                                called.has("--payload") ? "&payload=yes" : "");
  const auto list = ask_list(*node, path, "retained", *most);
  if (!list) return list.error();
  if (called.json()) return print_json(*list), exit_code::ok;
  print(to_text(*list, "retained",
                text_table({{"topic"}, {"QoS", align::right}, {"arrived"}, {"bytes", align::right}, {"payload"}}),
                retained_row, "nothing is retained there"));
  return exit_code::ok;
}

}  // namespace perigee::cli

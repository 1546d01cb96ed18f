// `perigee mqtt trace`: what passes between one client and a running node, a packet a line.

#include <boost/json.hpp>
#include <format>

#include "base/percent.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/node_api.hpp"
#include "cli/text_table.hpp"

namespace perigee::cli {
namespace {

namespace json = boost::json;

/// What a PUBLISH says beside its type.
std::string describe_publish(const json::object& e) {
  auto out = std::format("  QoS {}{}{}", text_of(e, "qos"), text_of(e, "retain") == "true" ? " retain" : "",
                         text_of(e, "duplicate") == "true" ? " dup" : "");
  if (const auto alias = text_of(e, "topic_alias"); !alias.empty()) out += std::format("  alias {}", alias);
  if (const auto topic = text_of(e, "topic"); !topic.empty()) out += "  " + topic;
  return out;
}

/// "2026-11-22T10:02:03.123456Z  in   PUBLISH  12  QoS 1  plant/press-4  45 bytes"
std::string to_text(const json::object& e) {
  const auto event = text_of(e, "event");
  auto out = std::format("{:<30}  ", text_of(e, "at"));
  if (event == "missed") return out + std::format("missed  {} lines: this reader is too slow", text_of(e, "lines"));
  if (event == "closed") return out + std::format("closed  {} ({})", text_of(e, "note"), text_of(e, "reason"));
  out += std::format("{:<4} {:<11}", event, text_of(e, "packet"));
  if (const auto id = text_of(e, "id"); !id.empty()) out += std::format("  {}", id);
  if (e.contains("qos")) out += describe_publish(e);
  out += std::format("  {} bytes", text_of(e, "bytes"));
  if (const auto code = text_of(e, "code"); !code.empty() && code != "0") out += "  " + text_of(e, "reason");
  if (const auto note = text_of(e, "note"); !note.empty()) out += "  " + note;
  return out;
}

void tell_start(const json::object& e, const std::string& client) {
  const bool connected = text_of(e, "connected") == "true";
  complain(std::format("perigee mqtt: tracing {}, which is {}; Ctrl-C ends it\n", printable(client),
                       connected ? "connected" : "not connected yet"));
}

}  // namespace

exit_code run_mqtt_trace(const invocation& called) {
  const auto count = called.whole_number("--count", 0);
  if (!count) return complain("perigee mqtt: --count takes a whole number\n"), exit_code::usage;
  const auto node = node_api::find(called, "mqtt");
  if (!node) return node.error();
  const auto client = *called.text("client");
  std::uint64_t left = *count;  // 0: without end
  return node->follow("/api/v1/mqtt/clients/" + percent_encode(client) + "/trace", [&](std::string_view line) {
    boost::system::error_code ec;
    const auto parsed = json::parse(line, ec);
    if (ec || !parsed.is_object()) return true;
    const auto& event = parsed.get_object();
    if (text_of(event, "event") == "started") {
      tell_start(event, client);
      return true;
    }
    print(called.json() ? std::string(line) + "\n" : printable(to_text(event)) + "\n");
    return left == 0 || --left != 0;
  });
}

}  // namespace perigee::cli

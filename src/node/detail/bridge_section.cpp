#include "node/detail/bridge_section.hpp"

#include <algorithm>
#include <set>

#include "node/detail/sections.hpp"
#include "node/quantity.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::node::detail {
namespace {

constexpr std::size_t name_bytes_max = 40;  // behind "bridge." it is a cursor's name

/// What is wrong with one thing of a bridge, at the bridge's own place in the file.
void check_name(reading& in, const bridge_config& b) {
  const bool fits =
      b.name.size() <= name_bytes_max && std::ranges::none_of(b.name, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!fits) in.refuse(b.at, "P0105", "a bridge's name has small letters, digits, '.', '_' and '-', at most 40");
}

void check_security(reading& in, const bridge_config& b) {
  if (!b.secure && !b.in_the_clear && !is_loopback(b.host)) {
    in.refuse(b.at, "P0110", std::format("the bridge '{}' goes to another machine in the clear", b.name),
              "write transport = \"tls\" or \"wss\"; or say in_the_clear = true, where the network is trusted");
  }
  if (!b.secure && (b.certificate || b.authority || !b.alpn.empty())) {
    in.refuse(b.at, "P0114", std::format("the bridge '{}' has certificates and no TLS", b.name),
              "write transport = \"tls\" or \"wss\"");
  }
  if (b.certificate.has_value() != b.key.has_value()) {
    in.refuse(b.at, "P0111", std::format("the bridge '{}' needs certificate and key, or neither", b.name));
  }
  if (b.password && !b.user && b.version != wire::mqtt::protocol_version::v5) {
    in.refuse(b.at, "P0114", "in MQTT 3.1.1 a password comes with a user name", "add user = \"...\"");
  }
}

void check_durations(reading& in, const bridge_config& b) {
  using namespace std::chrono_literals;
  if (b.keep_alive < 1s || b.keep_alive > 65'535s) {
    in.refuse(b.at, "P0105", "keep_alive is 1s to 65535s", "what MQTT can say");
  }
  if (b.retry_min < 10ms || b.retry_max < b.retry_min) {
    in.refuse(b.at, "P0114", "retry_min is at least 10ms, and retry_max at least retry_min");
  }
}

/// Where a filter that a prefix stands before is none, no message would ever pass.
void check_topic(reading& in, const bridge_config& b, const bridge_topic& t) {
  using wire::mqtt::is_topic_filter;
  if (t.filter.empty()) return;  // said already
  if (!is_topic_filter(t.local_filter()) || !is_topic_filter(t.remote_filter())) {
    in.refuse(t.at, "P0105", "a prefix and the filter together are no topic filter",
              "a prefix that is a whole level ends in '/': \"site-1/\"");
  } else if (t.local_prefix.find_first_of("+#") != std::string::npos ||
             t.remote_prefix.find_first_of("+#") != std::string::npos) {
    in.refuse(t.at, "P0105", "a prefix has no wildcards", "'+' and '#' stand in the filter");
  } else if (t.local_filter().starts_with('$')) {
    in.refuse(t.at, "P0105", "topics that start with '$' are this node's own", "give local_prefix another start");
  }
  const bool echoes = t.direction == readers::bridge::direction::both && b.version != wire::mqtt::protocol_version::v5;
  if (echoes) {
    in.refuse(t.at, "P0114", "with MQTT 3.1.1 a broker sends back what the bridge sends it",
              "use version = \"5\", or one topic \"out\" and one \"in\" with other prefixes");
  }
  if (t.qos == wire::mqtt::qos::exactly_once && !b.persistent) {
    in.refuse(t.at, "P0114", "QoS 2 needs a session that outlives the connection", "use persistent = true, or qos = 1");
  }
}

}  // namespace

void check_bridges(reading& in, const value&, const config& of) {
  std::set<std::string> names;
  for (const auto& b : of.bridges) {
    check_name(in, b);
    if (!b.name.empty() && !names.insert(b.name).second) {
      in.refuse(b.at, "P0107", std::format("a second bridge called '{}'", b.name),
                "its name is its place in the journal");
    }
    check_security(in, b);
    check_durations(in, b);
    if (b.topics.empty()) {
      in.refuse(b.at, "P0104", std::format("the bridge '{}' passes nothing", b.name), "add a [[bridge.topic]]");
    }
    for (const auto& t : b.topics) check_topic(in, b, t);
  }
}

}  // namespace perigee::node::detail

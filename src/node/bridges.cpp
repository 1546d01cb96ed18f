#include "node/bridges.hpp"

#include <format>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "wire/mqtt/node_property.hpp"
#include "wire/mqtt/property.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::node {
namespace {

namespace bridge = readers::bridge;

std::uint16_t port_of(const bridge_config& b) {
  if (b.port != 0) return b.port;
  if (b.websocket) return b.secure ? 443 : 80;
  return b.secure ? 8883 : 1883;  // as IANA has it
}

std::string url_of(const bridge_config& b) {
  const std::string_view scheme = b.websocket ? (b.secure ? "wss" : "ws") : (b.secure ? "mqtts" : "mqtt");
  return std::format("{}://{}:{}", scheme, b.host, port_of(b));
}

result<io::endpoint> endpoint_of(const bridge_config& b) {
  io::endpoint to{.host = b.host, .port = port_of(b), .tls = {}, .websocket = b.websocket};
  to.server_name = b.server_name;
  if (!b.secure) return to;
  io::tls_files files;
  files.certificate = b.certificate.value_or("");
  files.authority = b.authority.value_or("");
  if (b.key && b.key->from == secret::place::file) {
    files.key = b.key->name;
  } else if (b.key) {
    PG_TRY(files.key_text, b.key->read());
  }
  PG_TRY(to.tls, io::tls_context::client(std::move(files), {.protocols = b.alpn}));
  return to;
}

/// A file's last line ends; the password does not.
std::string without_line_end(std::string text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

client::mqtt_options connect_of(const bridge_config& b, const config& node, io::endpoint to) {
  client::mqtt_options out;
  out.to = std::move(to);
  out.client_id = b.client_id.empty() ? std::format("perigee-{}-{}", node.node_id, b.name) : b.client_id;
  out.keep_alive_s = static_cast<std::uint16_t>(std::chrono::duration_cast<std::chrono::seconds>(b.keep_alive).count());
  out.connect_timeout = std::chrono::seconds(10);
  out.version = b.version;
  if (b.persistent) {
    const auto expiry = std::chrono::duration_cast<std::chrono::seconds>(b.session_expiry).count();
    out.session_expiry_s = static_cast<std::uint32_t>(std::min<std::int64_t>(expiry, UINT32_MAX));
  }
  out.user_name = b.user;
  wire::mqtt::property_writer(out.user_properties).user(wire::mqtt::node_property, node.node_id);
  return out;
}

bridge::core_options core_of(const bridge_config& b, const config& node, const bridges::surroundings& in) {
  bridge::core_options out;
  out.name = b.name;
  out.node = node.node_id;
  out.peer = url_of(b);
  out.topics.assign(b.topics.begin(), b.topics.end());
  out.persistent = b.persistent;
  out.payload_bytes_max = static_cast<std::uint32_t>(std::min<std::uint64_t>(b.payload_max, limits::payload_bytes_max));
  out.lane_of = [rules = node.lanes](std::string_view topic) {
    for (const auto& rule : rules) {
      if (wire::mqtt::matches(rule.filter, topic)) return rule.lane;
    }
    return model::lane::bulk;
  };
  out.aside = &in.aside;
  out.metrics = &in.metrics;
  return out;
}

}  // namespace

result<std::unique_ptr<bridges>> bridges::open(const surroundings& in, const config& chosen, prng& random) {
  auto made = std::make_unique<bridges>();
  for (const auto& b : chosen.bridges) {
    PG_TRY(auto to, endpoint_of(b));
    bridge::bridge_options options;
    options.core = core_of(b, chosen, in);
    options.connect = connect_of(b, chosen, std::move(to));
    if (b.password) {
      options.password = [from = *b.password] { return from.read().transform(without_line_end); };
    }
    options.state_file = std::format("{}/state/bridge-{}", chosen.data, b.name);
    options.pause_first = b.retry_min;
    options.pause_max = b.retry_max;
    options.seed = random.next();
    PG_TRY(auto opened, bridge::bridge::open(in.shard, in.network, in.disk, in.worker, in.log, std::move(options)));
    made->all_.push_back(std::move(opened));
  }
  return made;
}

void bridges::start(io::scope& services) {
  for (auto& each : all_) services.spawn("readers.bridge", each->run());
}

void bridges::save() {
  for (auto& each : all_) each->save();
}

std::vector<client::link_state> bridges::states() {
  std::vector<client::link_state> out;
  for (auto& each : all_) out.push_back(each->state());
  return out;
}

}  // namespace perigee::node

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <format>

#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/node_place.hpp"
#include "cli/payload_text.hpp"
#include "cli/run_to_end.hpp"
#include "client/mqtt_client.hpp"
#include "io/scope.hpp"
#include "io/signals.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::cli {
namespace {

namespace mqtt = wire::mqtt;

/// Prints messages of one filter as they come. Owned by the command; ends after `count`, a signal, or the node.
class tail final : public mqtt::client_handler {
 public:
  tail(io::shard& on, io::network& network, io::endpoint to, std::string filter, std::uint64_t count, bool json)
      : filter_(std::move(filter)),
        left_(count),
        json_(json),
        signals_(on, {SIGINT, SIGTERM}),
        client_(on, network, *this, {.to = std::move(to), .client_id = std::format("perigee-tail-{}", ::getpid())}),
        watching_(on) {}

  io::task<> run() {
    watching_.spawn("tail", wait_for_signal());
    const auto ended = co_await client_.run();
    (void)co_await watching_.close();
    co_return done_ ? result<>() : ended;
  }

  void on_connected(const mqtt::connack&) override {
    mqtt::subscription wanted;
    wanted.filter = filter_;
    wanted.qos = mqtt::qos::at_least_once;
    if (!client_.connection()->subscribe(wanted)) client_.hang_up();
  }
  void on_subscribed(mqtt::packet_id, byte_view codes) override {
    if (!codes.empty() && codes[0] < 0x80) return;
    complain("perigee tail: the node refuses this filter\n");
    client_.hang_up();
  }
  void on_message(const mqtt::publish& message) override {
    if (message.qos != mqtt::qos::at_most_once) client_.connection()->ack(message.packet_id);
    if (done_) return;
    say(message);
    if (left_ != 0 && --left_ == 0) finish();
  }
  void on_acknowledged(std::uint64_t, mqtt::reason) override {}
  void on_closed(mqtt::reason code, const char* what) override {
    if (!done_) complain(std::format("perigee tail: {} ({})\n", what, mqtt::name_of(code)));
  }

 private:
  io::task<> wait_for_signal() {
    PG_CO_TRY_VOID(co_await signals_.next());
    finish();
    co_return result<>();
  }
  void finish() {
    done_ = true;
    client_.hang_up();
  }
  void say(const mqtt::publish& message) const {
    const auto time = to_iso8601(clock::wall());
    if (json_) {
      const bool text = is_text(message.payload);
      print(std::format("{{\"topic\":{},\"time\":\"{}\",\"retain\":{},\"{}\":{}}}\n", json_text(message.topic), time,
                        message.retain, text ? "payload" : "payload_hex", json_text(payload_text(message.payload))));
    } else {
      print(std::format("{}  {}  {}\n", time, message.topic, payload_text(message.payload)));
    }
  }

  std::string filter_;
  std::uint64_t left_;  // 0: without end
  bool json_;
  bool done_ = false;
  io::signals signals_;
  client::mqtt_client client_;
  io::scope watching_;
};

/// The node's listener that takes least: plain before TLS, a socket before a WebSocket.
const node::run_info::listener* choose_listener(const node::run_info& running, bool has_tls) {
  for (const std::string_view transport : {"tcp", "ws", "tls", "wss"}) {
    const auto found = std::ranges::find(running.mqtt, transport, &node::run_info::listener::transport);
    const bool secure = transport == "tls" || transport == "wss";
    if (found != running.mqtt.end() && (!secure || has_tls)) return &*found;
  }
  return nullptr;
}

exit_code refuse(exit_code code, std::string_view sentence) {
  complain(std::format("perigee tail: {}\n", sentence));
  return code;
}

}  // namespace

exit_code run_tail(const invocation& called) {
  const auto filter = *called.text("topic");
  if (!mqtt::is_topic_filter(filter)) return refuse(exit_code::usage, "not a topic filter: 'site/#', 'site/+/motor'");
  const auto count = called.whole_number("--count", 0);
  if (!count) return refuse(exit_code::usage, "--count takes a whole number");
  const auto place = find_node(called, "--node");
  if (!place) return place.error();
  const auto* at = choose_listener(place->running, place->tls != nullptr);
  if (at == nullptr) return refuse(exit_code::unavailable, "the node has no [[mqtt]] listener to ask");
  const bool secure = at->transport == "tls" || at->transport == "wss";
  io::shard shard;
  const auto network = io::real_network(shard);
  tail reader(shard, *network, {at->address, at->port, secure ? place->tls : nullptr, at->transport.starts_with("ws")},
              filter, *count, called.json());
  const auto ended = run_to_end(shard, reader.run());
  return ended ? exit_code::ok : refuse(exit_code::unavailable, ended.error().text());
}

}  // namespace perigee::cli

#include "doors/mqtt/sys_topics.hpp"

#include <algorithm>
#include <cmath>
#include <format>

namespace perigee::doors::mqtt {
namespace {

constexpr std::string_view root = "$SYS/broker/";
constexpr std::array<int, 3> load_minutes = {1, 5, 15};

}  // namespace

bool is_sys_filter(std::string_view filter) { return filter == "$SYS" || filter.starts_with("$SYS/"); }

sys_topics::sys_topics(broker& of, sys_options options, moment started)
    : broker_(of), view_(of), options_(std::move(options)), started_(started) {}

void sys_topics::on_tick(moment now) {
  if (!is_first_ && now.mono - told_.mono < options_.interval) return;
  const auto totals = view_.totals();
  publish_totals(totals, now);
  publish_loads(totals, now);
  publish_heap(now);
  told_ = now;
  is_first_ = false;
}

void sys_topics::publish_totals(const broker_totals& t, moment now) {
  const auto away = t.sessions - std::min(t.sessions, t.clients_connected);
  say("version", options_.version, now);
  say("uptime", std::format("{} seconds", (now.mono - started_.mono) / std::chrono::seconds(1)), now);
  say("clients/total", t.sessions, now);
  say("clients/connected", t.clients_connected, now);
  say("clients/active", t.clients_connected, now);
  say("clients/disconnected", away, now);
  say("clients/inactive", away, now);
  say("clients/maximum", t.clients_connected_max, now);
  say("clients/expired", t.sessions_expired, now);
  say("messages/received", t.packets_received, now);
  say("messages/sent", t.packets_sent, now);
  say("messages/stored", t.retained, now);
  say("store/messages/count", t.retained, now);
  say("store/messages/bytes", t.retained_bytes, now);
  say("retained messages/count", t.retained, now);
  say("subscriptions/count", t.subscriptions, now);
  say("shared_subscriptions/count", t.shared_subscriptions, now);
  say("publish/messages/received", t.messages_received, now);
  say("publish/messages/sent", t.messages_sent, now);
  say("publish/messages/dropped", t.messages_dropped, now);
  say("publish/bytes/received", t.message_bytes_received, now);
  say("publish/bytes/sent", t.message_bytes_sent, now);
  say("bytes/received", t.bytes_received, now);
  say("bytes/sent", t.bytes_sent, now);
}

void sys_topics::publish_loads(const broker_totals& t, moment now) {
  const auto passed = is_first_ ? nanoseconds(0) : now.mono - told_.mono;
  update("load/messages/received", t.packets_received, passed, now);
  update("load/messages/sent", t.packets_sent, passed, now);
  update("load/publish/received", t.messages_received, passed, now);
  update("load/publish/sent", t.messages_sent, passed, now);
  update("load/publish/dropped", t.messages_dropped, passed, now);
  update("load/bytes/received", t.bytes_received, passed, now);
  update("load/bytes/sent", t.bytes_sent, passed, now);
  update("load/sockets", t.connections_opened, passed, now);
  update("load/connections", t.connects_received, passed, now);
}

/// The rate since the last time, in which the average fades by e for every span that passes.
void sys_topics::update(std::string_view topic, std::uint64_t counted, nanoseconds passed, moment now) {
  auto& of = loads_[std::string(topic)];
  const double minutes = std::chrono::duration<double, std::ratio<60>>(passed).count();
  const double rate = minutes > 0 ? static_cast<double>(counted - of.counted) / minutes : 0;
  for (std::size_t i = 0; i < load_minutes.size(); ++i) {
    const double kept = std::exp(-minutes / load_minutes[i]);
    of.per_minute[i] = rate + kept * (of.per_minute[i] - rate);
    say(std::format("{}/{}min", topic, load_minutes[i]), std::format("{:.2f}", of.per_minute[i]), now);
  }
  of.counted = counted;
}

void sys_topics::publish_heap(moment now) {
  if (!options_.heap_bytes) return;
  const auto bytes = options_.heap_bytes();
  heap_max_ = std::max(heap_max_, bytes);
  say("heap/current", bytes, now);
  say("heap/maximum", heap_max_, now);
}

void sys_topics::say(std::string_view topic, std::string text, moment now) {
  auto& said = said_[std::string(topic)];
  if (said == text) return;
  said = std::move(text);
  const auto whole = std::string(root) + std::string(topic);
  broker_.publish_local({.topic = whole, .payload = as_bytes(said), .source = "$SYS", .retain = true}, now);
}

}  // namespace perigee::doors::mqtt

#include "doors/mqtt/broker_view.hpp"

#include <algorithm>
#include <set>

#include "base/log.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::doors::mqtt {

namespace wire = perigee::wire::mqtt;

namespace {

std::size_t bounded(std::size_t most) { return std::clamp<std::size_t>(most, 1, limits::mqtt_listed_max); }

subscription_info describe(const std::string& client_id, const std::string& filter,
                           const detail::subscription_entry& e) {
  return {client_id, filter, e.qos, e.no_local, e.retain_as_published, e.identifier};
}

std::size_t whole(const metrics::gauge& g) { return static_cast<std::size_t>(g.value()); }

}  // namespace

client_info broker_view::describe(const detail::session& s) const {
  client_info out;
  out.client_id = s.client_id();
  out.name = s.name();
  out.expiry_s = s.expiry_s;
  out.left = s.left;
  out.subscriptions = s.all().size();
  out.traffic = s.traffic;
  out.in_flight = s.messages_in_flight();
  out.waiting = s.messages_waiting(broker_.context_.queue);
  out.behind_records = s.behind_records(broker_.context_.routed);
  auto* on = s.attached();
  if (on == nullptr) {
    out.expires = s.expires;
    return out;
  }
  auto& connection = on->connection();
  out.connected = true;
  out.address = on->options().address;
  out.transport = on->options().transport;
  out.version = connection.version();
  out.connected_since = s.connected_since;
  out.keep_alive_s = connection.keep_alive_s();
  out.output_bytes = connection.output_bytes();
  return out;
}

page<client_info> broker_view::clients(std::string_view after, std::size_t most) const {
  page<client_info> out;
  for (auto at = broker_.sessions_.upper_bound(after); at != broker_.sessions_.end(); ++at) {
    if (out.rows.size() == bounded(most)) {
      out.next = out.rows.back().client_id;
      break;
    }
    out.rows.push_back(describe(*at->second));
  }
  return out;
}

std::optional<client_info> broker_view::client(std::string_view client_id) const {
  const auto found = broker_.sessions_.find(client_id);
  if (found == broker_.sessions_.end()) return std::nullopt;
  return describe(*found->second);
}

std::vector<subscription_info> broker_view::subscriptions(std::string_view client_id) const {
  std::vector<subscription_info> out;
  const auto found = broker_.sessions_.find(client_id);
  if (found == broker_.sessions_.end()) return out;
  for (const auto& [filter, entry] : found->second->all()) {
    out.push_back(mqtt::describe(found->first, filter, entry));
  }
  return out;
}

page<subscription_info> broker_view::subscribers_of(std::string_view topic, std::string_view after,
                                                    std::size_t most) const {
  const auto by_id = [](const detail::session* a, const detail::session* b) { return a->client_id() < b->client_id(); };
  std::set<const detail::session*, decltype(by_id)> covering(by_id);
  const auto add = [&](const detail::session* s) {
    if (s->client_id() > after) covering.insert(s);
  };
  broker_.subscribers_.trie().match(topic, [&](const auto& s) {
    if (s.session != nullptr) add(s.session);
    if (s.share == nullptr) return;
    for (const auto& m : s.share->members()) add(m.who);
  });
  page<subscription_info> out;
  for (const auto* s : covering) {
    if (out.rows.size() >= bounded(most)) {
      out.next = out.rows.back().client_id;
      break;
    }
    for (const auto& [filter, entry] : s->all()) {
      if (wire::matches(wire::covered_part(filter), topic))
        out.rows.push_back(mqtt::describe(s->client_id(), filter, entry));
    }
  }
  return out;
}

page<retained_info> broker_view::retained(const retained_question& asked) const {
  page<retained_info> out;
  std::size_t bytes = 0;
  const auto after = asked.after.empty() ? std::nullopt : std::optional(std::string(asked.after));
  broker_.retained_.walk(asked.filter, after, [&](std::string_view topic, const retained_message& m) {
    if (out.rows.size() == bounded(asked.most) || (bytes >= asked.bytes_max && !out.rows.empty())) {
      out.next = out.rows.back().topic;
      return false;
    }
    const byte_view payload(m.payload);
    const auto shown = payload.first(std::min(payload.size(), asked.payload_bytes_max));
    out.rows.push_back({std::string(topic), m.qos, m.arrival, payload.size(), to_buffer(shown)});
    bytes += topic.size() + shown.size();
    return true;
  });
  return out;
}

broker_totals broker_view::totals() const {
  const auto& count = broker_.count_;
  broker_totals out;
  out.connections_opened = count.opened.value();
  out.connects_received = count.connects.value();
  out.clients_connected = whole(count.clients);
  out.clients_connected_max = whole(count.clients_max);
  out.sessions = broker_.sessions_.size();
  out.sessions_expired = count.expired.value();
  out.shared_subscriptions = broker_.shared_count_;
  out.subscriptions = broker_.subscription_count();
  out.retained = broker_.retained_.size();
  out.retained_bytes = broker_.retained_.bytes();
  out.packets_received = count.packets_received.value();
  out.packets_sent = count.packets_sent.value();
  out.bytes_received = count.wire_received_bytes.value();
  out.bytes_sent = count.wire_sent_bytes.value();
  out.messages_received = count.received.value();
  out.message_bytes_received = count.received_bytes.value();
  out.messages_sent = count.sent.value();
  out.message_bytes_sent = count.sent_bytes.value();
  out.messages_dropped = count.dropped.value();
  return out;
}

bool broker_view::kick(std::string_view client_id, kick_session session, moment now) {
  broker_.set_now(now);
  const auto found = broker_.sessions_.find(client_id);
  if (found == broker_.sessions_.end()) return false;
  auto& s = *found->second;
  const bool end = session == kick_session::end;
  auto* on = s.attached();
  if (on == nullptr) {
    if (end) broker_.end_session(s);
    return true;
  }
  on->connection().disconnect(wire::reason::administrative_action);
  wire::closing why{.code = wire::reason::administrative_action, .what = "an operator ended the connection"};
  if (end) why.session_expiry_s = 0;
  broker_.disconnected(*on, why);
  on->touch();
  return true;
}

result<std::unique_ptr<broker_view::trace>> broker_view::start_trace(std::string_view client_id, trace_callback tell) {
  if (broker_.traces_.full()) return fail(errc::full, "as many clients are traced as can be");
  auto made = std::make_unique<trace>(broker_.traces_, broker_.traces_.add(client_id, std::move(tell)));
  const auto found = broker_.sessions_.find(client_id);
  if (found != broker_.sessions_.end() && found->second->attached() != nullptr) {
    found->second->attached()->set_traced(true);
  }
  return made;
}

}  // namespace perigee::doors::mqtt

#include "node/children.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "readers/uplink/fork_alarm.hpp"

namespace perigee::node {
namespace {

namespace mqtt = doors::mqtt;
namespace uplink = readers::uplink;
using wire::mqtt::reason;

constexpr std::string_view client_id_prefix = "uplink:";

reason reason_of(const error& e) {
  if (is(e, errc::refused)) return reason::not_authorized;
  if (is(e, errc::full) || is(e, errc::no_space)) return reason::quota_exceeded;
  if (is(e, errc::out_of_order)) return reason::implementation_specific_error;
  return reason::payload_format_invalid;
}

}  // namespace

children::children(journal::journal& log, metrics::registry& registry, bool by_client_id)
    : log_(log),
      by_client_id_(by_client_id),
      receiver_(log),
      batches_(registry.make_counter("perigee_children_batches_total", "Batches taken from children")),
      repeated_(registry.make_counter("perigee_children_batches_repeated_total", "Batches that were here already")),
      refused_(registry.make_counter("perigee_children_batches_refused_total", "Batches and hellos refused")),
      forks_(registry.make_counter("perigee_children_forks_total", "Children whose journal was another copy")),
      bytes_(registry.make_counter("perigee_children_bytes_total", "Bytes of the batches taken")) {}

/// The node that a connection speaks for; empty where it speaks for none.
std::string_view children::child_of(const mqtt::client_identity& who) const {
  if (!who.name.empty()) return who.name;
  if (!by_client_id_ || !who.client_id.starts_with(client_id_prefix)) return {};
  return who.client_id.substr(client_id_prefix.size());
}

bool children::wants(std::string_view topic) const { return uplink::parse_up_topic(topic).has_value(); }

bool children::may_subscribe(const mqtt::client_identity& who, std::string_view filter) const {
  const auto child = child_of(who);
  return !child.empty() && filter == uplink::downlink_filter(child);
}

mqtt::answer children::on_message(const mqtt::client_identity& from, const wire::mqtt::publish& message,
                                  timestamp now) {
  const auto topic = uplink::parse_up_topic(message.topic);
  if (!topic || topic->node != child_of(from)) {
    refused_.add();
    log::warn("node.children", "{} ({}) may not publish on {}", from.client_id, from.address, message.topic);
    return {reason::not_authorized, {}};
  }
  switch (topic->subject) {
    case uplink::subject::hello: return on_hello(topic->node, message.payload, now);
    case uplink::subject::newest: return on_newest(topic->node, message.payload);
    case uplink::subject::lane: break;
  }
  return on_batch(topic->node, topic->lane, message.payload, now);
}

mqtt::answer children::on_hello(std::string_view child, byte_view payload, timestamp now) {
  const auto said = uplink::decode_hello(payload);
  if (!said || welcomes_.size() >= limits::children_max) {
    refused_.add();
    return {said ? reason::quota_exceeded : reason::payload_format_invalid, {}};
  }
  if (introduced_.size() < limits::children_max || introduced_.contains(child)) {
    introduced_.insert_or_assign(std::string(child), introduction{said->version, said->tier});
  }
  const auto greeting = receiver_.greet(child, *said);
  if (greeting.forked()) tell_of_fork(child, greeting, now);
  pending_welcome next{std::string(child), {}, uplink::encode(greeting)};
  for (std::size_t i = 0; i < model::lane_count; ++i) next.wait_for[i] = log_[static_cast<model::lane>(i)].staged();
  welcomes_.push_back(std::move(next));
  on_commit();
  for (const auto& tell : told_) tell(child);
  return {};
}

void children::send(std::string_view child, std::string_view subject, byte_view payload) {
  if (child.empty()) {
    for (const auto& [name, said] : introduced_) send(name, subject, payload);
    return;
  }
  const auto topic = uplink::downlink_topic(child, subject);
  broker_->publish_local({topic, payload, log_.node(), clock::wall(), false}, {clock::now(), clock::wall()});
}

/// Said once for each life of the child's journal: the alarm is stamped with it.
void children::tell_of_fork(std::string_view child, const uplink::welcome& found, timestamp now) {
  auto alarm = uplink::fork_alarm(child, found, now);
  alarm.source = uplink::fork_source_of(child);
  alarm.epoch = found.life;
  alarm.sequence = sequence(1);
  const auto raised = log_.append(alarm.view());
  if (!raised && is(raised.error(), errc::duplicate)) return;
  forks_.add();
  log::fault("node.children",
             "the journal of {} is another copy than the one that went up before: what is new in it is taken, what is "
             "here stays",
             child);
  if (!raised) log::warn("node.children", "the alarm cannot be stored: {}", raised.error().text());
}

mqtt::answer children::on_batch(std::string_view child, model::lane l, byte_view payload, timestamp now) {
  const auto taken = receiver_.offer(child, l, payload, now);
  if (!taken) {
    refused_.add();
    log::warn("node.children", "a batch of {} is refused: {}", child, taken.error().text());
    return {reason_of(taken.error()), {}};
  }
  (taken->is_new ? batches_ : repeated_).add();
  bytes_.add(payload.size());
  return {reason::success, mqtt::answer::commit_point{taken->lane, taken->wait_for}};
}

/// Shown to whoever is subscribed now; the same records come again to be stored (docs/formats/uplink.md).
mqtt::answer children::on_newest(std::string_view child, byte_view payload) {
  const auto header = model::peek_batch(payload);
  if (!header || header->node != child) {
    refused_.add();
    return {reason::payload_format_invalid, {}};
  }
  const auto shown = decoder_.decode(payload, [&](log_offset, const model::record_view& r) {
    if (r.kind != model::record_kind::message || r.topic.starts_with('$')) return;
    broker_->publish_local({r.topic, r.payload, r.source, r.arrival, false}, {clock::now(), clock::wall()});
  });
  if (!shown) refused_.add();
  return {};
}

bool children::is_durable(const offsets& all) const {
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    if (log_[static_cast<model::lane>(i)].acknowledged() < all[i]) return false;
  }
  return true;
}

void children::on_commit() {
  std::erase_if(welcomes_, [&](const pending_welcome& w) {
    if (!is_durable(w.wait_for)) return false;
    const auto topic = uplink::welcome_topic(w.child);
    broker_->publish_local({topic, w.payload, log_.node(), clock::wall(), false}, {clock::now(), clock::wall()});
    return true;
  });
}

}  // namespace perigee::node

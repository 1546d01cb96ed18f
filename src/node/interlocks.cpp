#include "node/interlocks.hpp"

#include <boost/json.hpp>
#include <utility>

#include "base/log.hpp"
#include "base/rules_limits.hpp"
#include "io/shard.hpp"
#include "model/derived.hpp"

namespace perigee::node {

interlocks::interlocks(io::shard& on, journal::journal& log, readers::rules::rules_reader& deciding,
                       doors::mqtt::broker& to, metrics::registry& metrics)
    : log_(log),
      deciding_(deciding),
      broker_(to),
      sent_(metrics.make_counter("perigee_interlock_commands_total", "Commands of interlocks, sent on arrival")),
      dropped_(metrics.make_counter("perigee_interlock_dropped_total", "Commands of interlocks for want of room")),
      turn_(on, [this] { send(); }) {
  log.on_arrival([this](const model::record_view& r, log_offset at) {
    now_ = r.arrival;
    deciding_.decide_on_arrival(r, at, *this);
  });
}

void interlocks::on_publish(const rules::publish_action& action) {
  if (waiting_.size() == limits::interlock_commands_max) return dropped_.add();
  waiting_.push_back({std::string(action.rule), std::string(action.topic), to_buffer(action.payload), now_});
  turn_.request();
}

void interlocks::send() {
  for (const auto& each : std::exchange(waiting_, {})) {
    broker_.publish_local({.topic = each.topic, .payload = each.payload, .source = each.rule},
                          {clock::now(), clock::wall()});
    sent_.add();
    deciding_.on_interlock(each.rule, each.topic, each.payload, each.at);
    put_down(each);
  }
}

/// The command is sent already, so there is nothing to refuse where the journal has no room.
void interlocks::put_down(const command& what) {
  const auto payload = boost::json::serialize(boost::json::object{
      {"rule", what.rule}, {"topic", what.topic}, {"payload", as_text(what.payload)}, {"ts", what.at.ns / 1000}});
  model::record_view r;
  r.lane = model::lane::event;
  r.topic = interlock_topic;
  r.payload = as_bytes(payload);
  r.qos = 1;
  r.source = "rules/interlock";
  r.arrival = clock::wall();
  if (const auto stored = log_.append(r); !stored) {
    log::warn("node.interlock", "what {} sent to {} is not in the journal: {}", what.rule, what.topic,
              stored.error().text());
  }
}

}  // namespace perigee::node

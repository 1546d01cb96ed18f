#include "readers/bridge/core.hpp"

#include <algorithm>
#include <format>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "wire/mqtt/node_property.hpp"

namespace perigee::readers::bridge {
namespace {

using namespace std::chrono_literals;
namespace mqtt = wire::mqtt;

constexpr std::array lanes_by_priority{model::lane::alarm, model::lane::event, model::lane::bulk};
constexpr auto save_every = 1s;
constexpr auto answer_timeout = 30s;
constexpr int number_bits = 60;

}  // namespace

result<std::unique_ptr<core>> core::open(journal::journal& log, link_port& link, core_options options,
                                         byte_view saved) {
  auto made = std::unique_ptr<core>(new core(log, link, std::move(options)));  // tidy: new — the constructor is private
  for (const auto l : lanes_by_priority) {
    PG_TRY(auto cursor, log.open_cursor("bridge." + made->options_.name, l, true));
    made->ends_[static_cast<std::size_t>(l)] =
        std::make_unique<lane_end>(std::move(cursor), outbox(log[l], made->topics_, made->kept_));
  }
  made->restore(saved);
  made->options_.aside->serve_retries(
      made->kept_.source, [raw = made.get()](const quarantine::kept_record& what, quarantine::keeper::outcome done) {
        raw->retry(what, std::move(done));
      });
  return made;
}

core::core(journal::journal& log, link_port& link, core_options options)
    : log_(log),
      link_(link),
      options_(std::move(options)),
      topics_(options_.topics),
      kept_{"bridge/" + options_.name, options_.node},
      in_(log, {kept_.source, options_.lane_of}),
      session_({.inflight_max = limits::bridge_in_flight_max}),
      count_{options_.metrics->make_counter("perigee_bridge_sent_total", "Messages the other broker acknowledged",
                                            std::format("bridge=\"{}\"", options_.name)),
             options_.metrics->make_counter("perigee_bridge_received_total", "Messages of the other broker stored",
                                            std::format("bridge=\"{}\"", options_.name)),
             options_.metrics->make_counter("perigee_bridge_refused_total", "Messages set aside in quarantine",
                                            std::format("bridge=\"{}\"", options_.name)),
             options_.metrics->make_counter("perigee_bridge_expired_total", "Messages that expired before they went",
                                            std::format("bridge=\"{}\"", options_.name)),
             options_.metrics->make_counter("perigee_bridge_dropped_total", "Messages of QoS 0 there was no room for",
                                            std::format("bridge=\"{}\"", options_.name))} {
  sends_once_ = std::ranges::any_of(
      topics_.rules(), [](const topic_rule& rule) { return rule.goes_out() && rule.qos == mqtt::qos::exactly_once; });
  link_state_.name = kept_.source;
  link_state_.peer = options_.peer;
}

core::~core() { options_.aside->serve_retries(kept_.source, {}); }

void core::restore(byte_view saved) {
  auto found = saved.empty() ? result<bridge_state>(fail(errc::not_found, "a new bridge")) : decode_state(saved);
  if (found && found->journal != log_.epoch()) found = fail(errc::not_found, "another journal's");
  if (!found) {
    if (!saved.empty())
      log::warn("readers.bridge", "the state of {} is of no use: {}", options_.name, found.error().text());
    return start_anew();
  }
  const bool other_rules = found->fingerprint != topics_.fingerprint_out();
  for (const auto l : lanes_by_priority) {
    auto& lane = found->lanes[static_cast<std::size_t>(l)];
    if (other_rules) {
      // What is under way has identifiers that other rules gave it. All that can be is released, and comes again.
      lane.received = {lane.completed.at, lane.completed.number + limits::bridge_in_flight_max};
    }
    out(l).restore(lane);
  }
  subscribed_ = found->subscribed;
  in_.restore(*found);
}

result<bool> core::recall() {
  PG_TRY(const bool all, in_.recall());
  if (!all) return false;
  for (const auto id : in_.held()) session_.received()[id].safe = true;
  return true;
}

/// From the cursors on, with a session of which nothing is left.
void core::start_anew() {
  clean_start_ = true;
  in_.forget_receipts();
  for (const auto l : lanes_by_priority) {
    const progress at{{ends_[static_cast<std::size_t>(l)]->kept->position(), 0}, 0};
    out(l).restore({at, at, {}});
  }
}

void core::on_connected(const mqtt::connack& answer) {
  auto& connection = *link_.connection();
  const bool clean = std::exchange(clean_start_, false);
  if (clean && options_.persistent && connection.version() != mqtt::protocol_version::v5) {
    // Such a session ends with its connection (MQTT 3.1.1 3.1.2.4). The next one is kept.
    connection.disconnect();
    return link_.flush();
  }
  link_state_.connected = true;
  link_state_.connected_since = clock::wall();
  ++link_state_.sequence;
  session_present_ = answer.session_present;
  kept_.peer = mqtt::find_user_property(answer.properties, mqtt::node_property).value_or("");
  if (!session_present_) {
    in_.forget_receipts();
    subscribed_.clear();
    new_session_ = true;
    outdated_ = saving_.has_value();
  }
  for (const auto l : lanes_by_priority) {
    out(l).rewind(session_present_);
    begin_again(static_cast<std::size_t>(l));
  }
  if (!new_session_) subscribe();
  session_.restart(model::lane_count, 0);
  link_.wake();
  log::info("readers.bridge", "{} is connected to {}{}", options_.name, options_.peer,
            session_present_ ? ", whose session goes on" : "");
}

/// What the other broker has received and was told to let go of, or was to be told.
void core::begin_again(std::size_t stream) {
  auto& lane = out(static_cast<model::lane>(stream));
  const auto& flights = lane.in_flight();
  session_.restart(stream, flights.empty() ? lane.next_number() : flights.front().number);
  for (const auto& each : flights) {
    link_.connection()->release_again(stream << number_bits | each.number, stream);
  }
}

void core::on_disconnected() {
  link_state_.connected = false;
  link_state_.connected_since.reset();
  drained_.clear();
  in_.on_disconnected();
  asked_.clear();
  for (auto& [tag, done] : std::exchange(retries_, {})) done(fail(errc::closed, "the connection was lost"));
  held_since_.reset();
  deaf_until_.reset();
}

void core::on_closed(mqtt::reason code, const char* what) {
  log::line(mqtt::is_failure(code) ? log::level::warning : log::level::info, "readers.bridge", "{}: {} ({})",
            options_.name, what, mqtt::name_of(code));
}

void core::tick() {
  const auto now = clock::now();
  auto* connection = link_.connection();
  if (connection == nullptr || !connection->connected()) return;
  if (held_since_) {
    connection->resume();
    link_.flush();
  }
  if (deaf_until_ && now >= *deaf_until_) return link_.hang_up();
  for (const auto l : lanes_by_priority) {
    const auto since = out(l).waiting_since();
    if (!since || now < *since + answer_timeout) continue;
    log::warn("readers.bridge", "{} has not acknowledged for 30 s: connecting anew", options_.peer);
    return link_.hang_up();
  }
}

std::optional<byte_buffer> core::to_save(bool at_once) {
  // Before a clean start nothing is: a state would say that the session is known.
  if (saving_ || clean_start_ || !in_.can_tell()) return std::nullopt;
  const bool waits =
      new_session_ || std::ranges::any_of(lanes_by_priority, [&](model::lane l) { return out(l).wants_saving(); });
  if (!waits && !at_once && clock::now() < save_due_) return std::nullopt;
  bridge_state now{.journal = log_.epoch(), .fingerprint = topics_.fingerprint_out(), .subscribed = subscribed_};
  for (const auto l : lanes_by_priority) now.lanes[static_cast<std::size_t>(l)] = out(l).standing();
  in_.tell(now);
  auto bytes = encode(now);
  saving_ = std::move(now);
  if (bytes == saved_) {
    on_saved(true);
    return std::nullopt;
  }
  saved_ = bytes;
  save_due_ = clock::now() + save_every;
  return bytes;
}

void core::on_saved(bool worked) {
  const auto state = *std::exchange(saving_, std::nullopt);
  const bool outdated = std::exchange(outdated_, false);
  if (!worked) return saved_.clear();
  auto* connection = link_.connection();
  for (const auto l : lanes_by_priority) {
    auto& end = *ends_[static_cast<std::size_t>(l)];
    const auto& lane = state.lanes[static_cast<std::size_t>(l)];
    if (!outdated) end.out.saved(lane);
    if (lane.completed.at.offset > end.kept->position()) end.kept->advance(lane.completed.at.offset);
    if (connection == nullptr) continue;
    end.out.for_each_releasable([&](outbox::flight& each) {
      each.sent = clock::now();
      connection->release(each.id);
    });
  }
  const bool begins = !outdated && std::exchange(new_session_, false);
  if (connection == nullptr || !connection->connected()) return;
  if (begins) subscribe();
  link_.flush();
  link_.wake();
}

client::link_state core::state() {
  auto out_state = link_state_;
  out_state.records_received = in_.stored();
  std::optional<timestamp> oldest;
  for (const auto l : lanes_by_priority) {
    out_state.records_waiting += out(l).records_waiting();
    out_state.bytes_waiting += out(l).bytes_waiting();
    const auto of_lane = out(l).oldest_waiting();
    if (of_lane && (!oldest || *of_lane < *oldest)) oldest = of_lane;
  }
  if (oldest) out_state.oldest_age = std::max(nanoseconds(0), clock::wall() - *oldest);
  drained_.tell(out_state, clock::now());
  return out_state;
}

}  // namespace perigee::readers::bridge

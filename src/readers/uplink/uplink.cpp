#include "readers/uplink/uplink.hpp"

#include "base/log.hpp"

namespace perigee::readers::uplink {
namespace {

using namespace std::chrono_literals;
namespace mqtt = wire::mqtt;

constexpr auto pause_first = 100ms;
constexpr auto pause_max = 5s;
constexpr auto save_budget_every = 10s;
constexpr std::uint64_t budget_file_bytes_max = 256;

}  // namespace

uplink::uplink(io::shard& on, io::network& net, journal::journal& log, std::unique_ptr<sender> core,
               io::endpoint parent, std::string node, std::uint64_t seed)
    : on_(on),
      core_(std::move(core)),
      node_(std::move(node)),
      client_(on, net, *this, {.to = std::move(parent), .client_id = "uplink:" + node_, .keep_alive_s = 5}),
      back_off_(pause_first, pause_max, seed),
      work_(on),
      feeding_(on) {
  log.on_commit([this] { work_.notify(); });
}

void uplink::keep_budget(io::disk& disk, io::worker& worker, std::string path) {
  const auto kept = io::read_whole(disk, path, budget_file_bytes_max);
  const auto restored = kept ? core_->restore_budget(*kept, clock::wall()) : std::unexpected(kept.error());
  if (!restored && !is(restored.error(), errc::not_found)) {
    log::warn("readers.uplink", "{}: {}; the budget starts anew", path, restored.error().text());
  }
  budget_file_.emplace(disk, worker, std::move(path), clock::now() + save_budget_every);
}

void uplink::save_budget() {
  if (!budget_file_ || clock::now() < budget_file_->due) return;
  budget_file_->due = clock::now() + save_budget_every;
  const auto job = [&disk = budget_file_->disk, path = budget_file_->path, bytes = core_->save_budget(clock::wall())] {
    const auto saved = io::write_whole(disk, path, bytes);
    if (!saved) log::warn("readers.uplink", "{} is not saved: {}", path, saved.error().text());
  };
  budget_file_->worker.submit(job, [] {});
}

io::task<> uplink::run() {
  feeding_.spawn("readers.uplink", feed());
  for (;;) {
    const auto ended = co_await client_.run();
    core_->on_disconnected();
    if (!ended && is(ended.error(), errc::cancelled)) break;
    if (was_up_) log::warn("readers.uplink", "the uplink is down: {}", ended.error().text());
    was_up_ = false;
    if (!co_await io::sleep_for(on_, back_off_.next())) break;
  }
  co_return co_await feeding_.close();
}

/// Sends what the journal has whenever it has more, and breaks off a link that swallows it.
io::task<> uplink::feed() {
  core_->on_time(clock::wall());
  for (;;) {
    const auto until = std::min(core_->wake_at(clock::now()), clock::now() + 1s);
    const auto woken = co_await work_.wait_until(until);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
    core_->on_time(clock::wall());
    save_budget();
    if (core_->stalled(clock::now())) {
      log::warn("readers.uplink", "the parent has not answered for 5 s: connecting anew");
      client_.hang_up();
      continue;
    }
    pump();
    client_.flush();
    PG_CO_TRY_VOID(co_await io::yield(on_));
  }
}

/// Sends what is due. Behind a batch of bulk the rest of the node has its turn: an alarm that comes meanwhile goes
/// before the next one.
void uplink::pump() {
  auto* connection = client_.connection();
  while (connection != nullptr && connection->can_publish()) {
    const auto out = core_->next(clock::now());
    if (!out) return;
    mqtt::publish message;
    message.topic = out->topic;
    message.payload = out->payload;
    message.qos = out->qos == 0 ? mqtt::qos::at_most_once : mqtt::qos::at_least_once;
    const auto sent = connection->publish(message, out->token);
    if (!sent) {
      log::warn("readers.uplink", "a batch could not be sent: {}", sent.error().text());
      core_->on_answer(out->token, false, clock::now());
    } else if (out->bulk) {
      return work_.notify();
    }
  }
}

void uplink::on_connected(const mqtt::connack&) {
  mqtt::subscription down;
  const auto filter = downlink_filter(node_);
  down.filter = filter;
  down.qos = mqtt::qos::at_least_once;
  if (!client_.connection()->subscribe(down)) client_.hang_up();
}

void uplink::on_subscribed(mqtt::packet_id, byte_view codes) {
  if (codes.empty() || codes[0] >= 0x80) {
    log::warn("readers.uplink", "the parent refuses the downlink of {}", node_);
    return client_.hang_up();
  }
  core_->on_connected();
  pump();
}

void uplink::on_message(const mqtt::publish& message) {
  if (message.qos != mqtt::qos::at_most_once) client_.connection()->ack(message.packet_id);
  if (message.topic != welcome_topic(node_)) {
    if (downlink_) downlink_(message.topic, message.payload);
    return;
  }
  if (const auto understood = core_->on_welcome(message.payload, clock::now(), clock::wall()); !understood) {
    log::warn("readers.uplink", "the parent's welcome is of no use: {}", understood.error().text());
    return client_.hang_up();
  }
  if (!was_up_) log::info("readers.uplink", "up to {}", core_->peer());
  was_up_ = true;
  back_off_.reset();
  pump();
}

void uplink::on_acknowledged(std::uint64_t tag, mqtt::reason code) {
  core_->on_answer(tag, static_cast<std::uint8_t>(code) < 0x80, clock::now());
  pump();
}

void uplink::on_closed(mqtt::reason code, const char* what) {
  log::debug("readers.uplink", "connection ended: {} (0x{:02x})", what, static_cast<unsigned>(code));
}

}  // namespace perigee::readers::uplink

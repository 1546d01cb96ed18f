#include "cli/mqtt_publisher.hpp"

#include <signal.h>

#include <format>

#include "cli/console.hpp"
#include "io/timer.hpp"

namespace perigee::cli {
namespace {

constexpr nanoseconds look_again = std::chrono::milliseconds(50);  // whether QoS 0 has gone out

}  // namespace

namespace mqtt = wire::mqtt;

mqtt_publisher::mqtt_publisher(io::shard& on, io::network& network, client::mqtt_options to, message_terms terms,
                               source next)
    : terms_(std::move(terms)),
      next_(std::move(next)),
      progress_(on),
      signals_(on, {SIGINT, SIGTERM}),
      client_(on, network, *this, std::move(to)),
      working_(on) {}

void mqtt_publisher::await_reply(reply_options options, reply_taker take) {
  reply_ = std::move(options);
  take_ = std::move(take);
}

io::task<> mqtt_publisher::run() {
  working_.spawn("pub", wait_for_signal());
  const auto ended = co_await client_.run();
  (void)co_await working_.close();
  if (!done_ && !ended) refuse(exit_code::unavailable, ended.error().text());
  co_return result<>();
}

void mqtt_publisher::on_connected(const mqtt::connack&) {
  was_connected_ = true;
  if (!reply_) return working_.spawn("pub", feed());
  mqtt::subscription wanted;
  wanted.filter = reply_->topic;
  wanted.qos = mqtt::qos::at_least_once;
  wanted.retained = mqtt::retain_handling::never;  // an answer from before is none to this
  if (!client_.connection()->subscribe(wanted)) refuse(exit_code::unavailable, "the broker takes no subscription");
}

void mqtt_publisher::on_subscribed(mqtt::packet_id, byte_view codes) {
  if (!codes.empty() && codes[0] < 0x80) return working_.spawn("pub", feed());
  refuse(exit_code::failed, "the broker refuses the response topic");
}

io::task<> mqtt_publisher::feed() {
  const auto sent = co_await send_all();
  if (!sent && is(sent.error(), errc::cancelled)) co_return sent;
  if (!sent) {
    refuse(exit_code::failed, sent.error().text());
    co_return result<>();
  }
  if (reply_ && !refused_) PG_CO_TRY_VOID(co_await wait_for_reply());
  finish(refused_ ? exit_code::failed : exit_code::ok);
  co_return result<>();
}

/// To the last acknowledgement. What has QoS 0 goes out before the DISCONNECT.
io::task<> mqtt_publisher::send_all() {
  for (;;) {
    PG_CO_TRY(auto payload, co_await next_());
    if (!payload) break;
    PG_CO_TRY_VOID(co_await send(*std::move(payload)));
  }
  while (client_.connection()->in_flight() != 0) PG_CO_TRY_VOID(co_await progress_.wait());
  co_return result<>();
}

io::task<> mqtt_publisher::send(std::string payload) {
  auto& connection = *client_.connection();
  if (terms_.qos != mqtt::qos::at_most_once) {
    while (!connection.can_publish()) PG_CO_TRY_VOID(co_await progress_.wait());
  } else {
    // Nothing bounds QoS 0 but the wire: wait for it, so that a large file is not held in memory.
    while (connection.output().size() > limits::mqtt_output_bytes_max) {
      const auto woken = co_await progress_.wait_until(clock::now() + look_again);
      if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
    }
  }
  mqtt::publish message;
  message.topic = terms_.topic;
  message.payload = as_bytes(payload);
  message.qos = terms_.qos;
  message.retain = terms_.retain;
  message.properties = terms_.properties;
  PG_CO_TRY_VOID(connection.publish(message));
  client_.flush();
  co_return result<>();
}

io::task<> mqtt_publisher::wait_for_reply() {
  const auto deadline = clock::now() + reply_->patience;
  while (!replied_) {
    const auto woken = co_await progress_.wait_until(deadline);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
    if (woken || replied_) continue;
    refuse(exit_code::failed, "no reply came in time");
    break;
  }
  co_return result<>();
}

void mqtt_publisher::on_message(const mqtt::publish& message) {
  if (message.qos != mqtt::qos::at_most_once) client_.connection()->ack(message.packet_id);
  if (!reply_ || std::exchange(replied_, true)) return;
  take_(message);
  progress_.notify();
}

void mqtt_publisher::on_acknowledged(std::uint64_t, mqtt::reason code) {
  if (is_failure(code) && !std::exchange(refused_, true)) {
    complain(std::format("perigee pub: the broker refuses a message: {}\n", name_of(code)));
  }
  progress_.notify();
}

void mqtt_publisher::on_closed(mqtt::reason code, const char* what) {
  const bool refused = is_failure(code) && !was_connected_;
  refuse(refused ? exit_code::failed : exit_code::unavailable, std::format("{} ({})", what, name_of(code)));
}

io::task<> mqtt_publisher::wait_for_signal() {
  PG_CO_TRY_VOID(co_await signals_.next());
  refuse(exit_code::failed, "stopped before everything was sent");
  co_return result<>();
}

void mqtt_publisher::finish(exit_code how) {
  if (done_) return;
  done_ = true;
  outcome_ = how;
  auto* connection = client_.connection();
  if (connection == nullptr || !connection->connected()) return client_.hang_up();
  connection->disconnect();
  client_.flush();
}

void mqtt_publisher::refuse(exit_code how, std::string_view sentence) {
  if (done_) return;
  complain(std::format("perigee pub: {}\n", sentence));
  finish(how);
}

}  // namespace perigee::cli

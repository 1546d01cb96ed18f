#include "cli/mqtt_subscriber.hpp"

#include <signal.h>

#include <format>

#include "cli/console.hpp"
#include "io/timer.hpp"

namespace perigee::cli {

namespace mqtt = wire::mqtt;

mqtt_subscriber::mqtt_subscriber(io::shard& on, io::network& network, client::mqtt_options to,
                                 subscriber_options options, std::string_view command, taker take)
    : on_(on),
      options_(std::move(options)),
      command_(command),
      take_(std::move(take)),
      signals_(on, {SIGINT, SIGTERM}),
      client_(on, network, *this, std::move(to)),
      watching_(on) {}

io::task<> mqtt_subscriber::run() {
  watching_.spawn("cli", wait_for_signal());
  if (options_.timeout) watching_.spawn("cli", wait_for_timeout());
  const auto ended = co_await client_.run();
  (void)co_await watching_.close();
  if (!done_ && !ended) refuse(exit_code::unavailable, ended.error().text());
  co_return result<>();
}

void mqtt_subscriber::on_connected(const mqtt::connack&) {
  for (const auto& filter : options_.filters) {
    mqtt::subscription wanted;
    wanted.filter = filter;
    wanted.qos = options_.qos;
    wanted.retained = options_.retained;
    wanted.retain_as_published = options_.retain_as_published;
    if (const auto asked = client_.connection()->subscribe(wanted); !asked) {
      return refuse(exit_code::unavailable, asked.error().text());
    }
  }
}

void mqtt_subscriber::on_subscribed(mqtt::packet_id, byte_view codes) {
  if (!codes.empty() && codes[0] < 0x80) return;
  const auto why = codes.empty() ? mqtt::reason::unspecified_error : static_cast<mqtt::reason>(codes[0]);
  refuse(exit_code::failed, std::format("the broker refuses a filter: {}", name_of(why)));
}

void mqtt_subscriber::on_message(const mqtt::publish& message) {
  // What is not shown any more is not acknowledged either: it is somebody else's, or comes again.
  if (done_) return;
  take_(message);
  if (message.qos != mqtt::qos::at_most_once) client_.connection()->ack(message.packet_id);
  if (++taken_ == options_.count) finish(exit_code::ok);
}

void mqtt_subscriber::on_closed(mqtt::reason code, const char* what) {
  if (done_) return;
  const bool refused = is_failure(code) && taken_ == 0;
  refuse(refused ? exit_code::failed : exit_code::unavailable, std::format("{} ({})", what, name_of(code)));
}

io::task<> mqtt_subscriber::wait_for_signal() {
  PG_CO_TRY_VOID(co_await signals_.next());
  finish(exit_code::ok);
  co_return result<>();
}

io::task<> mqtt_subscriber::wait_for_timeout() {
  PG_CO_TRY_VOID(co_await io::sleep_for(on_, *options_.timeout));
  finish(options_.count == 0 ? exit_code::ok : exit_code::failed);
  co_return result<>();
}

/// Says goodbye where it can: a client that just left would have its will published.
void mqtt_subscriber::finish(exit_code how) {
  if (done_) return;
  done_ = true;
  outcome_ = how;
  auto* connection = client_.connection();
  if (connection == nullptr || !connection->connected()) return client_.hang_up();
  connection->disconnect();
  client_.flush();
}

void mqtt_subscriber::refuse(exit_code how, std::string_view sentence) {
  if (done_) return;
  complain(std::format("perigee {}: {}\n", command_, sentence));
  finish(how);
}

}  // namespace perigee::cli

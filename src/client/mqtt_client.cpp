#include "client/mqtt_client.hpp"

namespace perigee::client {

namespace mqtt = wire::mqtt;
using mqtt::property_id;

namespace {

constexpr auto goodbye_time = std::chrono::seconds(1);

}  // namespace

mqtt_client::mqtt_client(io::shard& on, io::network& net, mqtt::client_handler& handler, mqtt_options options)
    : on_(on),
      net_(net),
      handler_(handler),
      options_(std::move(options)),
      output_ready_(on),
      input_wanted_(on),
      helpers_(on) {}

io::task<> mqtt_client::run() {
  PG_CO_TRY(stream_, co_await net_.connect(options_.to, clock::now() + options_.connect_timeout));
  ended_ = false;
  mqtt::client_options terms;
  terms.receive_maximum = options_.receive_maximum;
  terms.session = options_.session;
  connection_ = std::make_unique<mqtt::client_connection>(handler_, terms, clock::now());
  say_hello();
  flush();
  helpers_.spawn("client.mqtt", write_out());
  helpers_.spawn("client.mqtt", keep_time());
  const auto outcome = co_await converse();
  connection_->on_end();
  stream_->close();
  (void)co_await helpers_.close();  // what ended the conversation is the better reason
  connection_.reset();
  stream_.reset();
  co_return outcome;
}

void mqtt_client::say_hello() {
  mqtt::connect hello;
  hello.version = options_.version;
  hello.clean_start = options_.clean_start;
  hello.client_id = options_.client_id;
  hello.keep_alive_s = options_.keep_alive_s;
  byte_buffer properties;
  byte_buffer of_will;
  if (options_.version == mqtt::protocol_version::v5 && options_.session_expiry_s != 0) {
    mqtt::property_writer(properties).number(property_id::session_expiry_interval, options_.session_expiry_s);
  }
  if (options_.version == mqtt::protocol_version::v5) {
    properties.insert(properties.end(), options_.user_properties.begin(), options_.user_properties.end());
  }
  hello.properties = properties;
  if (options_.user_name) hello.user_name = *options_.user_name;
  if (options_.password) hello.password = as_bytes(*options_.password);
  if (const auto& will = options_.will) {
    if (will->delay_s != 0) mqtt::property_writer(of_will).number(property_id::will_delay_interval, will->delay_s);
    hello.will = mqtt::will_message{will->topic, will->payload, will->qos, will->retain, of_will};
  }
  connection_->open(hello);
}

void mqtt_client::hang_up() noexcept {
  if (!stream_) return;
  ended_ = true;
  stream_->close();
  input_wanted_.notify();
}

void mqtt_client::flush() noexcept {
  output_ready_.notify();
  if (connection_ && !connection_->paused()) input_wanted_.notify();
}

io::task<> mqtt_client::converse() {
  io::receive_buffer buffer;
  while (!connection_->closed()) {
    const auto n = co_await stream_->read_some(buffer.room());
    if (!n) co_return std::unexpected(n.error());
    buffer.filled(*n);
    for (;;) {
      buffer.taken(connection_->on_bytes(buffer.pending(), clock::now()), connection_->packet_bytes_wanted());
      flush();
      if (!connection_->paused() || connection_->closed() || ended_) break;
      // What came stays in the buffer, and the server's next bytes in the system's, until the owner goes on.
      PG_CO_TRY_VOID(co_await input_wanted_.wait());
    }
  }
  // The last word, a DISCONNECT or an acknowledgement before it, goes out first: write_out ends the stream behind it.
  const auto until = clock::now() + goodbye_time;
  while (!ended_ && clock::now() < until) {
    const auto woken = co_await input_wanted_.wait_until(until);
    if (!woken && is(woken.error(), errc::cancelled)) co_return woken;
  }
  co_return fail(errc::closed, "the MQTT connection ended");
}

io::task<> mqtt_client::write_out() {
  byte_buffer going;
  for (;;) {
    PG_CO_TRY_VOID(co_await output_ready_.wait());
    while (!connection_->output().empty()) {
      going.clear();
      std::swap(going, connection_->output());
      const auto written = co_await stream_->write(going);
      if (written) continue;
      hang_up();  // the reader sees it too and says why
      co_return result<>();
    }
    if (connection_->closed()) hang_up();
    if (options_.drained) options_.drained();
  }
}

io::task<> mqtt_client::keep_time() {
  io::timer due(on_);
  for (;;) {
    // The deadline moves with every packet sent, so look again at least once a second.
    const auto next = std::min(connection_->deadline(), clock::now() + std::chrono::seconds(1));
    PG_CO_TRY_VOID(co_await due.wait_until(next));
    if (clock::now() < connection_->deadline()) continue;
    connection_->on_tick(clock::now());
    flush();
  }
}

}  // namespace perigee::client

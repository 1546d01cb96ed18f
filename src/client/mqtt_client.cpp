#include "client/mqtt_client.hpp"

#include "io/receive_buffer.hpp"

namespace perigee::client {

namespace mqtt = wire::mqtt;

mqtt_client::mqtt_client(io::shard& on, io::network& net, mqtt::client_handler& handler, mqtt_options options)
    : on_(on), net_(net), handler_(handler), options_(std::move(options)), output_ready_(on), helpers_(on) {}

io::task<> mqtt_client::run() {
  PG_CO_TRY(stream_, co_await net_.connect(options_.to, clock::now() + options_.connect_timeout));
  connection_ = std::make_unique<mqtt::client_connection>(handler_, mqtt::client_options{}, clock::now());
  mqtt::connect hello;
  hello.client_id = options_.client_id;
  hello.keep_alive_s = options_.keep_alive_s;
  connection_->open(hello);
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

void mqtt_client::hang_up() noexcept {
  if (stream_) stream_->close();
}

io::task<> mqtt_client::converse() {
  io::receive_buffer buffer;
  while (!connection_->closed()) {
    const auto n = co_await stream_->read_some(buffer.room());
    if (!n) co_return std::unexpected(n.error());
    buffer.filled(*n);
    buffer.taken(connection_->on_bytes(buffer.pending(), clock::now()), connection_->packet_bytes_wanted());
    flush();
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
      if (!written) stream_->close();  // the reader sees it too and says why
      PG_CO_TRY_VOID(written);
    }
    if (connection_->closed()) stream_->close();
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

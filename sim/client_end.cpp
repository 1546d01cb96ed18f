#include "sim/client_end.hpp"

#include <utility>

namespace perigee::sim {

namespace mqtt = wire::mqtt;

client_end::client_end(world& in, node& server, mqtt::client_handler& handler, terms chosen)
    : world_(in), server_(server), handler_(handler), terms_(std::move(chosen)) {}

bool client_end::dial() {
  auto to = std::make_shared<channel>(world_, terms_.delay_mean);
  if (!server_.accept(to)) return false;
  ++dialled_;
  channel_ = std::move(to);
  channel_->join(toward::client, *this);
  connection_ = std::make_unique<mqtt::client_connection>(handler_, mqtt::client_options{}, world_.now());
  received_.clear();
  sending_ = ending_ = false;
  mqtt::connect hello;
  hello.client_id = terms_.client_id;
  hello.keep_alive_s = terms_.keep_alive_s;
  connection_->open(hello);
  flush();
  return true;
}

void client_end::flush() {
  if (!connection_ || sending_ || connection_->output().empty()) return;
  sending_ = true;
  channel_->send(toward::server, std::exchange(connection_->output(), {}));
}

void client_end::in_turn(std::move_only_function<void()> step) {
  if (terms_.on == nullptr) return step();
  terms_.on->turn([this, which = dialled_, step = std::move(step)] mutable {
    if (connection_ && which == dialled_) step();
  });
}

void client_end::on_piece(byte_view piece) {
  in_turn([this, bytes = to_buffer(piece)] {
    received_.insert(received_.end(), bytes.begin(), bytes.end());
    const auto taken = connection_->on_bytes(received_, world_.now());
    received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(taken));
    flush();
  });
}

void client_end::on_delivered() {
  in_turn([this] {
    sending_ = false;
    flush();
  });
}

void client_end::on_broken() {
  in_turn([this] { close(); });
}

void client_end::on_tick() {
  if (!connection_) return;
  connection_->on_tick(world_.now());
  flush();
  if (ending_ || connection_->closed()) close();
}

void client_end::hang_up() { close(); }

void client_end::close() {
  if (!connection_) return;
  const auto ended = std::move(connection_);
  const auto left = std::exchange(channel_, nullptr);
  left->leave(toward::client);
  ended->on_end();
}

void client_end::forsake() {
  if (!connection_) return;
  // The server must not learn of it: nothing tells it but its own keep-alive, or the next connection.
  connection_.reset();
  const auto left = std::exchange(channel_, nullptr);
  left->forsake(toward::client);
}

}  // namespace perigee::sim

#include "sim/server_end.hpp"

#include <utility>

#include "base/limits.hpp"

namespace perigee::sim {

server_end::server_end(world& in, doors::mqtt::broker& of, std::shared_ptr<channel> via, runner as_node)
    : world_(in),
      channel_(std::move(via)),
      as_node_(std::move(as_node)),
      link_(of.attach(*this, {.name = {}, .address = "sim", .anonymous = true}, now())) {
  channel_->join(toward::server, *this);
}

server_end::~server_end() { channel_->leave(toward::server); }

void server_end::in_turn(std::move_only_function<void()> step) {
  as_node_([alive = std::weak_ptr(alive_), step = std::move(step)] mutable {
    if (!alive.expired()) step();
  });
}

void server_end::on_tick() {
  if (over_) return;
  if (world_.now() >= link_->deadline()) link_->on_tick(now());
  flush();
}

void server_end::on_piece(byte_view piece) {
  in_turn([this, bytes = to_buffer(piece)] {
    received_.insert(received_.end(), bytes.begin(), bytes.end());
    take_in();
    flush();
  });
}

void server_end::take_in() {
  if (over_ || link_->closed() || link_->paused()) return;
  const auto taken = link_->on_bytes(received_, now());
  received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(taken));
}

void server_end::on_delivered() {
  in_turn([this] {
    sending_ = false;
    link_->on_written(now());
    flush();
  });
}

void server_end::on_broken() {
  in_turn([this] {
    over_ = true;
    link_->on_end(now());
  });
}

void server_end::wake() {
  if (std::exchange(flush_due_, true)) return;
  world_.after(nanoseconds(0), [this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    in_turn([this] {
      flush_due_ = false;
      take_in();
      flush();
    });
  });
}

void server_end::flush() {
  if (sending_ || over_) return;
  byte_buffer out;
  link_->take_output(out);
  // P6: what waits for a client that does not read has its bound; one packet may stand over it.
  world_.judged("P6 output of a connection is bounded");
  if (out.size() > limits::mqtt_output_bytes_max + limits::mqtt_packet_bytes_max)
    world_.broken("P6: a connection holds more output than its bound");
  if (out.empty()) {
    over_ = over_ || link_->closed();
    return;
  }
  sending_ = true;
  channel_->send(toward::client, std::move(out));
}

}  // namespace perigee::sim

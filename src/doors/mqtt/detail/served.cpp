#include "doors/mqtt/detail/served.hpp"

#include "base/log.hpp"

namespace perigee::doors::mqtt::detail {
namespace {

constexpr std::size_t kept_output_bytes = 16U << 10;  // by a connection that is idle

}  // namespace

served::served(door& of, std::unique_ptr<io::stream> stream, bool anonymous)
    : door_(of),
      stream_(std::move(stream)),
      anonymous_(anonymous),
      greeted_by_(clock::now() + std::chrono::seconds(10)),
      output_ready_(of.on_),
      may_read_(of.on_),
      drained_(of.on_),
      writing_(of.on_) {
  door_.served_.insert(this);
}

served::~served() { door_.served_.erase(this); }

io::task<> served::run(std::unique_ptr<served> self) {
  const auto greeted = co_await self->stream_->handshake();
  if (!greeted) {
    log::info("doors.mqtt", "{} did not get past the greeting: {}", self->stream_->peer().address,
              greeted.error().text());
    self->stream_->close();
    co_return result<>();
  }
  const auto& peer = self->stream_->peer();
  self->link_ = door::now().mono < self->greeted_by_
                    ? self->door_.broker_.attach(
                          *self, {peer.identity, peer.address, self->anonymous_ && peer.loopback}, door::now())
                    : nullptr;
  if (self->link_) {
    self->writing_.spawn("doors.mqtt", self->write_out());
    (void)co_await self->converse();  // the broker has logged what was wrong; a lost connection is no error
    self->link_->on_end(door::now());
    self->output_ready_.notify();
    (void)co_await self->drained_.wait_until(clock::now() + std::chrono::seconds(1));
  }
  self->stream_->close();
  co_return co_await self->writing_.close();
}

io::task<> served::converse() {
  for (;;) {
    const auto taken = link_->on_bytes(buffer_.pending(), door::now());
    buffer_.taken(taken, link_->packet_bytes_wanted());
    if (link_->closed()) co_return result<>();
    if (link_->paused()) {
      PG_CO_TRY_VOID(co_await may_read_.wait());
      continue;
    }
    PG_CO_TRY(const auto n, co_await stream_->read_some(buffer_.room()));
    buffer_.filled(n);
  }
}

io::task<> served::write_out() {
  byte_buffer going;
  for (;;) {
    going.clear();
    link_->take_output(going);
    if (going.empty()) {
      if (going.capacity() > kept_output_bytes) going = byte_buffer();
      if (link_->closed()) break;
      PG_CO_TRY_VOID(co_await output_ready_.wait());
      continue;
    }
    const auto written = co_await stream_->write(going);
    if (!written) break;  // the reader sees it too
    link_->on_written(door::now());
  }
  drained_.notify();
  stream_->close();
  co_return result<>();
}

void served::wake() {
  output_ready_.notify();
  may_read_.notify();
}

void served::on_tick(moment now) {
  if (link_) {
    if (now.mono >= link_->deadline()) link_->on_tick(now);
  } else if (now.mono >= greeted_by_) {
    stream_->close();
  }
}

void served::dismiss() {
  if (!link_) return stream_->close();
  link_->connection().disconnect(wire::mqtt::reason::server_shutting_down);
  link_->touch();
}

}  // namespace perigee::doors::mqtt::detail

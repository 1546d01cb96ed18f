#include "doors/mqtt/detail/served.hpp"

#include "base/log.hpp"

namespace perigee::doors::mqtt::detail {
namespace {

using namespace std::chrono_literals;

constexpr auto greeting_time = 10s;
constexpr auto goodbye_time = 1s;
constexpr std::size_t kept_output_bytes = 16U << 10;  // by a connection that is idle

}  // namespace

served::served(door& of, std::unique_ptr<io::stream> stream, const arrival& through)
    : door_(of),
      stream_(std::move(stream)),
      through_(through),
      close_by_(clock::now() + greeting_time),
      output_ready_(of.on_),
      may_read_(of.on_),
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
  const auto& through = self->through_;
  link_options as{.name = peer.identity, .address = peer.address, .by = through.by, .transport = through.transport};
  as.anonymous = through.anonymous && (peer.loopback || through.anonymous_from_afar);
  self->link_ = self->door_.broker_.attach(*self, std::move(as), door::now());
  self->writing_.spawn("doors.mqtt", self->write_out());
  const auto said_all = co_await self->converse();  // the broker has logged what was wrong
  self->link_->on_end(door::now());
  if (said_all) (void)co_await self->see_off();  // ends with the connection, which is no error any more
  self->stream_->close();
  co_return co_await self->writing_.close();
}

/// The last word, a DISCONNECT with its reason, must arrive: closing with input unread would reset the connection and
/// take it away. So the peer is heard out, until it closes or on_tick does.
io::task<> served::see_off() {
  for (;;) PG_CO_TRY_VOID(co_await stream_->read_some(buffer_.room()));
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
    if (!written) {
      stream_->close();  // the reader sees it too
      co_return result<>();
    }
    link_->on_written(door::now());
  }
  close_by_ = clock::now() + goodbye_time;
  co_return result<>();
}

void served::wake() {
  output_ready_.notify();
  may_read_.notify();
}

void served::on_tick(moment now) {
  const bool talks = link_ && !link_->closed();
  if (talks && now.mono >= link_->deadline()) link_->on_tick(now);
  if (!talks && now.mono >= close_by_) stream_->close();
}

void served::dismiss() {
  if (!link_) return stream_->close();
  link_->connection().disconnect(wire::mqtt::reason::server_shutting_down);
  link_->touch();
}

}  // namespace perigee::doors::mqtt::detail

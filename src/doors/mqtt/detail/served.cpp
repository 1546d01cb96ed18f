#include "doors/mqtt/detail/served.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace perigee::doors::mqtt::detail {
namespace {

using namespace std::chrono_literals;

constexpr auto goodbye_time = 1s;

}  // namespace

served::served(door& of, std::unique_ptr<io::stream> from, const arrival& through) : door_(of) {
  const auto& peer = from->peer();
  link_options as{.name = peer.identity, .address = peer.address, .by = through.by, .transport = through.transport};
  as.certificate = peer.certificate;
  as.anonymous = through.anonymous && (peer.loopback || through.anonymous_from_afar);
  link_ = door_.broker_.attach(*this, std::move(as), door::now());
  channel_ = io::open_channel(std::move(from), *this, door_.on_, door_.serving_);
}

served::~served() = default;

void served::on_readable() {
  const auto pending = receive();
  if (!pending) return end();
  if (saying_goodbye_) return rest_.clear();
  hand_over(*pending);
}

/// What was left and what came, in the door's buffer; a packet that is too large for that in our own, which grows with
/// what really comes.
result<byte_view> served::receive() {
  auto& shared = door_.input_;
  const auto kept = rest_.size();
  if (kept < shared.size() / 2) {
    std::ranges::copy(rest_, shared.begin());
    PG_TRY(const auto n, channel_->try_read(byte_span(shared).subspan(kept)));
    return byte_view(shared).first(kept + n);
  }
  rest_.resize(kept * 2);
  const auto n = channel_->try_read(byte_span(rest_).subspan(kept));
  rest_.resize(kept + n.value_or(0));
  if (!n) return std::unexpected(n.error());
  return rest_;
}

void served::hand_over(byte_view pending) {
  const auto taken = link_->on_bytes(pending, door::now());
  const bool from_rest = pending.data() == rest_.data();
  if (from_rest) {
    rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(taken));
  } else {
    rest_.assign(pending.begin() + static_cast<std::ptrdiff_t>(taken), pending.end());
  }
  if (rest_.empty() && rest_.capacity() > door_.input_.size()) rest_ = byte_buffer();
  if (link_->closed() || !link_->paused() || std::exchange(paused_, true)) return;
  channel_->set_reading(false);
}

void served::wake() {
  if (ended_ || std::exchange(flush_due_, true)) return;
  door_.flush_later(*this);
}

void served::on_writable() {
  blocked_ = false;
  flush(door::now());
}

void served::flush(moment now) {
  flush_due_ = false;
  if (!ended_ && !blocked_) write(now);
  if (!ended_ && paused_) read_on();
}

void served::write(moment now) {
  while (!blocked_) {
    const auto going = link_->output();
    if (going.empty()) break;
    const auto written = channel_->try_write(going);
    if (!written) return end();
    blocked_ = *written < going.size();
    link_->wrote(*written, now);
  }
  if (blocked_ || !link_->closed() || std::exchange(saying_goodbye_, true)) return;
  // The last word, a DISCONNECT with its reason, must arrive: closing with input unread would reset the connection and
  // take it away. So the peer is heard out, until it closes or on_tick does.
  close_by_ = clock::now() + goodbye_time;
  if (std::exchange(paused_, false)) channel_->set_reading(true);
}

/// After a pause: first what had come already.
void served::read_on() {
  if (link_->closed() || link_->paused()) return;
  if (!rest_.empty()) hand_over(rest_);
  if (ended_ || link_->paused()) return;
  paused_ = false;
  channel_->set_reading(true);
}

void served::end() {
  if (std::exchange(ended_, true)) return;
  channel_->close();
  link_->on_end(door::now());
  door_.retire(*this);
}

void served::on_tick(moment now) {
  if (ended_) return;
  if (link_->closed()) {
    if (saying_goodbye_ && now.mono >= close_by_) end();
    if (!saying_goodbye_ && blocked_) end();  // it does not take its last word
    return;
  }
  if (now.mono >= link_->deadline()) link_->on_tick(now);
  link_->settle();
}

void served::dismiss() {
  link_->connection().disconnect(wire::mqtt::reason::server_shutting_down);
  link_->touch();
}

}  // namespace perigee::doors::mqtt::detail

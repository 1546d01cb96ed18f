// A channel over a stream of coroutines: WebSocket, and the network in memory.

#include <algorithm>
#include <optional>

#include "io/channel.hpp"
#include "io/scope.hpp"
#include "io/stream.hpp"
#include "io/timer.hpp"

namespace perigee::io {
namespace {

constexpr std::size_t input_bytes = 4096;
constexpr std::size_t output_bytes_max = 64U << 10;  // taken and not yet written

/// What the channel and its two coroutines share; it outlives the channel by as long as they take to end.
struct pumps {
  pumps(shard& s, std::unique_ptr<stream> of, channel_user& by)
      : on(s), inner(std::move(of)), user(&by), resumed(s), output_waits(s) {}

  shard& on;
  std::unique_ptr<stream> inner;
  channel_user* user;  // null: the channel is closed
  byte_buffer input = byte_buffer(input_bytes);
  byte_view unread{};
  std::optional<error> ended;
  bool end_told = false;
  bool reading = true;
  event resumed;
  byte_buffer output;
  bool room_wanted = false;
  event output_waits;

  [[nodiscard]] bool has_news() const { return user != nullptr && (!unread.empty() || (ended && !end_told)); }
};

/// Hands over what was read, and goes on when the user has taken it.
task<> pump_in(std::shared_ptr<pumps> p) {
  if (!co_await yield(p->on)) co_return result<>();  // nothing is told before open_channel has returned
  while (p->user != nullptr && !p->ended) {
    const auto n = co_await p->inner->read_some(p->input);
    if (n) {
      p->unread = byte_view(p->input).first(*n);
    } else {
      p->ended = n.error();
    }
    while (p->has_news()) {
      if (!p->reading) {
        if (!co_await p->resumed.wait()) co_return result<>();
        continue;
      }
      p->user->on_readable();
      if (p->has_news() && !co_await yield(p->on)) co_return result<>();
    }
  }
  co_return result<>();
}

task<> pump_out(std::shared_ptr<pumps> p) {
  byte_buffer going;
  while (p->user != nullptr) {
    going.clear();
    std::swap(going, p->output);
    if (going.empty()) {
      if (!co_await p->output_waits.wait()) break;
      continue;
    }
    if (!co_await p->inner->write(going)) {
      p->inner->close();  // the reader sees it too
      break;
    }
    if (std::exchange(p->room_wanted, false) && p->user != nullptr) p->user->on_writable();
  }
  co_return result<>();
}

class pumped_channel final : public channel {
 public:
  explicit pumped_channel(std::shared_ptr<pumps> p) : pumps_(std::move(p)) {}
  ~pumped_channel() override { close(); }

  result<std::size_t> try_read(byte_span into) override {
    auto& p = *pumps_;
    if (p.unread.empty() && p.ended) {
      p.end_told = true;
      return std::unexpected(*p.ended);
    }
    const auto n = std::min(into.size(), p.unread.size());
    std::copy_n(p.unread.begin(), n, into.begin());
    p.unread = p.unread.subspan(n);
    return n;
  }

  result<std::size_t> try_write(byte_view bytes) override {
    auto& p = *pumps_;
    if (p.ended) return std::unexpected(*p.ended);
    const auto n = std::min(bytes.size(), output_bytes_max - std::min(output_bytes_max, p.output.size()));
    p.output.insert(p.output.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
    p.room_wanted = n < bytes.size();
    p.output_waits.notify();
    return n;
  }

  void set_reading(bool on) override {
    pumps_->reading = on;
    if (on) pumps_->resumed.notify();
  }

  void close() noexcept override {
    if (std::exchange(pumps_->user, nullptr) == nullptr) return;
    pumps_->inner->close();
    pumps_->resumed.notify();
    pumps_->output_waits.notify();
  }

 private:
  std::shared_ptr<pumps> pumps_;
};

}  // namespace

std::unique_ptr<channel> open_channel(std::unique_ptr<stream> from, channel_user& user, shard& on, scope& within) {
  if (auto own = from->make_channel(on, user)) return own;
  auto shared = std::make_shared<pumps>(on, std::move(from), user);
  within.spawn("io.channel", pump_in(shared));
  within.spawn("io.channel", pump_out(shared));
  return std::make_unique<pumped_channel>(std::move(shared));
}

}  // namespace perigee::io

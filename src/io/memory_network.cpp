#include "io/memory_network.hpp"

#include <algorithm>
#include <deque>
#include <format>

#include "io/timer.hpp"

namespace perigee::io {

/// One direction of a connection: pieces with the moment they arrive.
struct memory_network::pipe {
  explicit pipe(shard& on) : arrived(on) {}

  struct piece {
    clock::time_point at;
    byte_buffer bytes;
  };
  std::deque<piece> pieces;
  bool broken = false;
  event arrived;

  void break_now() {
    broken = true;
    arrived.notify();
  }
};

struct memory_network::listener {
  explicit listener(shard& on) : arrived(on) {}
  std::deque<std::unique_ptr<stream>> waiting;
  event arrived;
  bool closed = false;
};

class memory_network::end final : public stream {
 public:
  end(memory_network& net, std::shared_ptr<pipe> in, std::shared_ptr<pipe> out, peer_info peer)
      : net_(net), in_(std::move(in)), out_(std::move(out)), peer_(std::move(peer)) {}
  ~end() override { close(); }

  task<> handshake() override { co_return result<>(); }

  task<std::size_t> read_some(byte_span into) override {
    for (;;) {
      if (in_->broken) co_return fail(errc::closed, "the connection in memory is closed");
      if (in_->pieces.empty()) {
        PG_CO_TRY_VOID(co_await in_->arrived.wait());
        continue;
      }
      if (const auto at = in_->pieces.front().at; at > clock::now()) {
        const auto waited = co_await in_->arrived.wait_until(at);
        if (!waited && !is(waited.error(), errc::timed_out)) co_return std::unexpected(waited.error());
        continue;
      }
      co_return take(into);
    }
  }

  task<> write(byte_view bytes) override {
    if (out_->broken) co_return fail(errc::closed, "the connection in memory is closed");
    if (net_.random_.chance(net_.faults_.break_per_write)) {
      close();
      co_return fail(errc::closed, "a fault that the test asked for");
    }
    while (!bytes.empty()) {
      const auto n = std::min(bytes.size(), net_.faults_.write_bytes_max);
      send(bytes.first(n));
      bytes = bytes.subspan(n);
    }
    co_return result<>();
  }

  void close() noexcept override {
    in_->break_now();
    out_->break_now();
  }

  const peer_info& peer() const override { return peer_; }

 private:
  std::size_t take(byte_span into) {
    auto& front = in_->pieces.front();
    const auto n = std::min(into.size(), front.bytes.size());
    std::copy_n(front.bytes.begin(), n, into.begin());
    front.bytes.erase(front.bytes.begin(), front.bytes.begin() + static_cast<std::ptrdiff_t>(n));
    if (front.bytes.empty()) in_->pieces.pop_front();
    return n;
  }

  void send(byte_view bytes) {
    if (net_.partitioned_) return;  // the cable is cut: gone without a word
    auto at = clock::now() + net_.draw_delay();
    if (!out_->pieces.empty()) at = std::max(at, out_->pieces.back().at);
    out_->pieces.push_back({at, to_buffer(bytes)});
    out_->arrived.notify();
  }

  memory_network& net_;
  std::shared_ptr<pipe> in_;
  std::shared_ptr<pipe> out_;
  peer_info peer_;
};

class memory_network::port_acceptor final : public acceptor {
 public:
  port_acceptor(std::shared_ptr<listener> of, std::uint16_t port) : of_(std::move(of)), port_(port) {}
  ~port_acceptor() override { close(); }

  task<std::unique_ptr<stream>> accept() override {
    while (of_->waiting.empty()) {
      if (of_->closed) co_return fail(errc::cancelled, "the listener is closed");
      PG_CO_TRY_VOID(co_await of_->arrived.wait());
    }
    auto next = std::move(of_->waiting.front());
    of_->waiting.pop_front();
    co_return next;
  }

  std::uint16_t port() const override { return port_; }

  void close() noexcept override {
    of_->closed = true;
    of_->waiting.clear();
    of_->arrived.notify();
  }

 private:
  std::shared_ptr<listener> of_;
  std::uint16_t port_;
};

memory_network::memory_network(shard& on, prng& random) : on_(on), random_(random) {}
memory_network::~memory_network() = default;

nanoseconds memory_network::draw_delay() {
  return nanoseconds(random_.between(faults_.delay_min.count(), faults_.delay_max.count()));
}

result<std::unique_ptr<acceptor>> memory_network::listen(const endpoint& at) {
  const auto port = at.port != 0 ? at.port : next_port_++;
  auto& entry = listeners_[port];
  if (entry && !entry->closed) return fail(errc::exists, "the port is taken");
  entry = std::make_shared<listener>(on_);
  return std::make_unique<port_acceptor>(entry, port);
}

task<std::unique_ptr<stream>> memory_network::connect(const endpoint& to, clock::time_point deadline) {
  PG_CO_TRY_VOID(co_await sleep_for(on_, draw_delay()));
  if (partitioned_) {
    timer t(on_);
    PG_CO_TRY_VOID(co_await t.wait_until(deadline));
    co_return fail(errc::timed_out, "the connection was not made in time");
  }
  const auto found = listeners_.find(to.port);
  if (found == listeners_.end() || found->second->closed) co_return fail(errc::refused, "nobody listens there");
  auto there = std::make_shared<pipe>(on_);
  auto back = std::make_shared<pipe>(on_);
  std::erase_if(pipes_, [](const auto& p) { return p.expired(); });
  pipes_.insert(pipes_.end(), {there, back});
  const peer_info client{"127.0.0.1:1", identity_, true};
  const peer_info server{std::format("{}:{}", to.host, to.port), to.host, true};
  found->second->waiting.push_back(std::make_unique<end>(*this, there, back, client));
  found->second->arrived.notify();
  co_return std::make_unique<end>(*this, back, there, server);
}

void memory_network::set_partitioned(bool is) {
  partitioned_ = is;
  if (!is) return;
  for (const auto& weak : pipes_) {
    if (const auto p = weak.lock()) p->pieces.clear();
  }
}

void memory_network::break_all() {
  for (const auto& weak : pipes_) {
    if (const auto p = weak.lock()) p->break_now();
  }
}

}  // namespace perigee::io

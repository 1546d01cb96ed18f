#include "cli/demo_relay.hpp"

#include <array>

#include "io/timer.hpp"

namespace perigee::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t block_bytes = 64U << 10;
constexpr auto cut_step = 50ms;

}  // namespace

/// The two ends of one connection through the cable.
struct demo_relay::joint {
  std::unique_ptr<io::stream> child;
  std::unique_ptr<io::stream> parent;

  void close() const {
    child->close();
    if (parent) parent->close();
  }
};

demo_relay::demo_relay(io::shard& on, io::network& network, std::unique_ptr<io::acceptor> at, std::uint16_t parent_port)
    : on_(on), network_(network), at_(std::move(at)), parent_port_(parent_port), connections_(on) {}

io::task<> demo_relay::wait_while_cut() {
  while (cut_) PG_CO_TRY_VOID(co_await io::sleep_for(on_, cut_step));
  co_return result<>();
}

io::task<> demo_relay::run() {
  result<> ended;
  while (ended) {
    ended = co_await wait_while_cut();
    if (!ended) break;
    auto accepted = co_await at_->accept();
    if (!accepted) {
      ended = std::unexpected(accepted.error());
      break;
    }
    auto both = std::make_shared<joint>(std::move(*accepted), nullptr);
    std::erase_if(joints_, [](const auto& one) { return one.expired(); });
    joints_.push_back(both);
    connections_.spawn("demo.relay", serve(std::move(both)));
  }
  heal();  // so that nothing waits for a cable that nobody will join again
  (void)co_await connections_.close();
  co_return ended;
}

void demo_relay::heal() {
  cut_ = false;
  for (const auto& one : joints_) {
    if (const auto both = one.lock()) both->close();
  }
  joints_.clear();
}

io::task<> demo_relay::serve(std::shared_ptr<joint> both) {
  auto parent =
      co_await network_.connect({.host = "127.0.0.1", .port = parent_port_, .tls = nullptr}, clock::now() + 5s);
  if (!parent) {
    both->child->close();
    co_return result<>();  // the parent is down: the child will come again
  }
  both->parent = std::move(*parent);
  connections_.spawn("demo.relay", pass(both, false));
  (void)co_await pass(both, true);
  co_return result<>();
}

io::task<> demo_relay::pass(std::shared_ptr<joint> both, bool up) {
  auto& from = up ? *both->child : *both->parent;
  auto& to = up ? *both->parent : *both->child;
  byte_buffer block(block_bytes);
  for (;;) {
    const auto got = co_await from.read_some(block);
    if (!(co_await wait_while_cut()) || !got) break;
    const auto sent = co_await to.write(byte_view(block).first(*got));
    if (!sent) break;
    if (up) bytes_up_ += *got;
  }
  both->close();
  co_return result<>();  // a connection that ends is what a cable sees every day
}

}  // namespace perigee::cli

// Streams and channels over the machine's own loopback, with TLS and WebSocket on it.

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

#include "io/authority_test.hpp"
#include "io/scope.hpp"
#include "io/stream.hpp"
#include "io/timer.hpp"

namespace perigee::io {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 30s;  // far above what anything takes

/// Sends back what it hears, as a broker would: output that finds no room waits for on_writable.
class echo final : public channel_user {
 public:
  void on_readable() override {
    byte_buffer room(16U << 10);
    const auto n = of->try_read(room);
    if (!n) {
      of->close();
      ended = true;
      return;
    }
    waiting.insert(waiting.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(*n));
    on_writable();
  }
  void on_writable() override {
    const auto n = of->try_write(waiting);
    if (n) waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(*n));
  }

  std::unique_ptr<channel> of;
  byte_buffer waiting;
  bool ended = false;
};

class on_loopback : public testing::Test {
 protected:
  on_loopback() { install_real_clock(); }

  /// Serves one connection as a channel that echoes.
  task<> serve(acceptor& at) {
    PG_CO_TRY(auto stream, co_await at.accept());
    greeted_ = co_await stream->handshake();
    if (!greeted_) co_return result<>();
    peer_ = stream->peer();
    echo_.of = open_channel(std::move(stream), echo_, shard_, all_);
    co_return result<>();
  }
  task<> ask(endpoint to, std::string what) {
    auto stream = co_await network_->connect(to, clock::now() + patience);
    if (stream) {
      all_.spawn("write", say(**stream, what));
      answer_ = "";
      byte_buffer room(32U << 10);
      while (answer_->size() < what.size()) {
        const auto n = co_await (*stream)->read_some(room);
        if (!n) break;
        *answer_ += as_text(byte_view(room).first(*n));
      }
      (*stream)->close();
    } else {
      refusal_ = stream.error().text();
    }
    asked_.notify();
    co_return result<>();
  }
  static task<> say(stream& to, std::string what) { co_return co_await to.write(as_bytes(what)); }
  task<> end() {
    (void)co_await asked_.wait_until(clock::now() + patience);
    acceptor_->close();
    (void)co_await all_.close();
    shard_.stop();
    co_return result<>();
  }
  /// What comes back of what is sent; nothing where the connection is refused.
  std::optional<std::string> talk(endpoint from, endpoint to, std::string what) {
    auto at = network_->listen(from);
    if (!at) {
      refusal_ = at.error().text();
      return std::nullopt;
    }
    acceptor_ = *std::move(at);
    to.port = acceptor_->port();
    all_.spawn("server", serve(*acceptor_));
    all_.spawn("client", ask(std::move(to), std::move(what)));
    ending_.spawn("end", end());
    shard_.run();
    return answer_;
  }

  shard shard_;
  std::unique_ptr<network> network_ = real_network(shard_);
  test_authority authority_;
  std::unique_ptr<acceptor> acceptor_;
  echo echo_;
  peer_info peer_;
  result<> greeted_;
  std::optional<std::string> answer_;
  std::string refusal_;
  event asked_{shard_};
  scope all_{shard_};
  scope ending_{shard_};
};

const std::string large(3'000'000, 'x');

TEST_F(on_loopback, plain_tcp) {
  EXPECT_EQ(talk({.host = "127.0.0.1", .tls = {}}, {.host = "127.0.0.1", .tls = {}}, large), large);
  EXPECT_TRUE(peer_.address.starts_with("127.0.0.1:")) << peer_.address;
  EXPECT_TRUE(peer_.loopback);
}

TEST_F(on_loopback, a_server_of_another_name_is_refused) {
  const auto here = tls_context::server({.files = authority_.write_identity("gw")}).value();
  const auto there = tls_context::client(authority_.write_identity("press-1")).value();
  EXPECT_EQ(talk({.host = "127.0.0.1", .tls = here}, {.host = "127.0.0.1", .tls = there}, "hello"), std::nullopt);
  EXPECT_TRUE(refusal_.contains("certificate verify failed")) << refusal_;
}

TEST_F(on_loopback, large_messages_over_tls) {
  const auto gw = authority_.write_identity("localhost");
  const auto here = tls_context::server({.files = gw}).value();
  const auto there = tls_context::client(authority_.write_identity("press-1")).value();
  EXPECT_EQ(talk({.host = "127.0.0.1", .tls = here}, {.host = "localhost", .tls = there}, large), large);
  EXPECT_EQ(peer_.identity, "press-1");
}

TEST_F(on_loopback, large_messages_over_secure_websocket) {
  const auto here = tls_context::server({.files = authority_.write_identity("localhost")}).value();
  const auto there = tls_context::client(authority_.write_identity("press-1")).value();
  EXPECT_EQ(talk({.host = "127.0.0.1", .tls = here, .websocket = true},
                 {.host = "localhost", .tls = there, .websocket = true}, large),
            large);
  EXPECT_EQ(peer_.identity, "press-1");
}

}  // namespace
}  // namespace perigee::io

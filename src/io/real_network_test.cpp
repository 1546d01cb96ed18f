// Streams and channels over the machine's own loopback, with TLS and WebSocket on it.

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <chrono>
#include <filesystem>
#include <format>
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
    peer_ = stream->peer();
    if (!greeted_) co_return result<>();
    echo_.of = open_channel(std::move(stream), echo_, shard_, all_);
    co_return result<>();
  }
  task<> ask(endpoint to, std::string what) {
    auto stream = co_await network_->connect(to, clock::now() + patience);
    if (stream) {
      all_.spawn("write", say(**stream, what));
      answer_ = "";
      byte_buffer room(32U << 10);
      while (answer_->size() < what.size() - swallowed_) {
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
  /// What a listener on loopback answers a client that sends these bytes before anything else.
  std::optional<std::string> talk_through_proxy(trusted_proxies proxies, std::string header) {
    endpoint at{.host = "127.0.0.1", .tls = {}};
    at.how.proxies = std::move(proxies);
    return talk(at, {.host = "127.0.0.1", .tls = {}}, std::move(header));
  }
  static task<> say(stream& to, std::string what) { co_return co_await to.write(as_bytes(what)); }
  /// Two connections at once, the second of which the listener may have no room for.
  task<> come_twice(endpoint to, std::string& second_is) {
    PG_CO_TRY(const auto first, co_await network_->connect(to, clock::now() + patience));
    PG_CO_TRY(const auto served, co_await acceptor_->accept());
    all_.spawn("accept", accept_more());
    PG_CO_TRY(const auto second, co_await network_->connect(to, clock::now() + patience));
    byte_buffer room(1);
    second_is = co_await second->read_some(room) ? "served" : "closed";
    asked_.notify();
    co_return result<>();
  }
  /// Reads what never comes, and is told how that ends.
  task<> read_in_vain(endpoint to) {
    PG_CO_TRY(held_, co_await network_->connect(to, clock::now() + patience));
    all_.spawn("close", close_held());
    byte_buffer room(1);
    const auto n = co_await held_->read_some(room);
    if (!n) refusal_ = n.error().text();
    closed_ = !n && is(n.error(), errc::closed);
    asked_.notify();
    co_return result<>();
  }
  task<> close_held() {
    PG_CO_TRY_VOID(co_await yield(shard_));
    held_->close();
    co_return result<>();
  }
  /// Whether closing a stream of this kind ends its own read as the peer's end does.
  bool closing_ends_a_read(endpoint from, endpoint to) {
    acceptor_ = network_->listen(from).value();
    to.port = acceptor_->port();
    all_.spawn("server", serve(*acceptor_));
    all_.spawn("client", read_in_vain(std::move(to)));
    ending_.spawn("end", end());
    shard_.run();
    return closed_;
  }
  task<> accept_more() {
    (void)co_await acceptor_->accept();
    co_return result<>();
  }
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
    to.path = from.path;
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
  std::unique_ptr<stream> held_;
  bool closed_ = false;
  echo echo_;
  peer_info peer_;
  result<> greeted_;
  std::optional<std::string> answer_;
  std::string refusal_;
  std::size_t swallowed_ = 0;  // of what is said, and not sent back
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

TEST_F(on_loopback, a_server_is_told_which_certificate_it_was_shown) {
  const auto here = tls_context::server({.files = authority_.write_identity("localhost")}).value();
  const auto there = tls_context::client(authority_.write_identity("press-1")).value();
  EXPECT_EQ(talk({.host = "127.0.0.1", .tls = here}, {.host = "localhost", .tls = there}, large), large);
  ASSERT_NE(peer_.certificate, nullptr);
  EXPECT_FALSE(peer_.certificate->serial.empty());
  EXPECT_LT(peer_.certificate->not_before, peer_.certificate->not_after);
}

TEST_F(on_loopback, large_messages_over_secure_websocket) {
  const auto here = tls_context::server({.files = authority_.write_identity("localhost")}).value();
  const auto there = tls_context::client(authority_.write_identity("press-1")).value();
  EXPECT_EQ(talk({.host = "127.0.0.1", .tls = here, .websocket = true},
                 {.host = "localhost", .tls = there, .websocket = true}, large),
            large);
  EXPECT_EQ(peer_.identity, "press-1");
}

TEST_F(on_loopback, a_read_ends_when_its_own_stream_is_closed) {
  EXPECT_TRUE(closing_ends_a_read({.host = "127.0.0.1", .tls = {}}, {.host = "127.0.0.1", .tls = {}})) << refusal_;
}

TEST_F(on_loopback, a_read_ends_when_its_own_stream_over_tls_is_closed) {
  const auto here = tls_context::server({.files = authority_.write_identity("localhost")}).value();
  const auto there = tls_context::client(authority_.write_identity("press-1")).value();
  EXPECT_TRUE(closing_ends_a_read({.host = "127.0.0.1", .tls = here}, {.host = "localhost", .tls = there})) << refusal_;
}

TEST_F(on_loopback, a_read_ends_when_its_own_websocket_is_closed) {
  EXPECT_TRUE(closing_ends_a_read({.host = "127.0.0.1", .tls = {}, .websocket = true},
                                  {.host = "127.0.0.1", .tls = {}, .websocket = true}))
      << refusal_;
}

TEST_F(on_loopback, ipv6_and_ipv4_in_one_listener_or_not) {
  EXPECT_EQ(talk({.host = "::", .tls = {}}, {.host = "127.0.0.1", .tls = {}}, "hello"), "hello");
  EXPECT_TRUE(peer_.address.starts_with("127.0.0.1:")) << peer_.address << ": as what it is, not as IPv6 has it mapped";
  EXPECT_TRUE(peer_.loopback);
}

TEST_F(on_loopback, ipv6_only) {
  endpoint at{.host = "::", .tls = {}};
  at.how.ipv6_only = true;
  EXPECT_EQ(talk(at, {.host = "127.0.0.1", .tls = {}}, "hello"), std::nullopt);
}

TEST_F(on_loopback, ipv6) {
  EXPECT_EQ(talk({.host = "::1", .tls = {}}, {.host = "::1", .tls = {}}, "hello"), "hello");
  EXPECT_TRUE(peer_.address.starts_with("[::1]:")) << peer_.address;
}

TEST_F(on_loopback, a_unix_socket_knows_the_user_behind_it) {
  endpoint at{.host = {}, .tls = {}, .path = authority_.path("mqtt.sock")};
  at.how.socket_mode = 0600;
  at.how.name_by_uid = true;
  EXPECT_EQ(talk(at, at, large), large);
  EXPECT_EQ(peer_.identity, std::format("uid-{}", ::getuid()));
  EXPECT_TRUE(peer_.address.starts_with(std::format("unix:uid={},pid=", ::getuid()))) << peer_.address;
  EXPECT_TRUE(peer_.loopback);
  EXPECT_FALSE(std::filesystem::exists(at.path)) << "the file goes with its listener";
}

TEST_F(on_loopback, a_unix_socket_that_a_dead_process_left_is_replaced) {
  const auto path = authority_.path("mqtt.sock");
  {
    boost::asio::io_context context;
    const boost::asio::local::stream_protocol::acceptor left(context,
                                                             boost::asio::local::stream_protocol::endpoint(path));
  }
  ASSERT_TRUE(std::filesystem::exists(path));
  endpoint at{.host = {}, .tls = {}, .path = path};
  at.how.socket_mode = 0640;
  const auto first = network_->listen(at);
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0640));
  EXPECT_TRUE(is(network_->listen(at).error(), errc::exists)) << "a living one is not";
  authority_.write("file", "not a socket");
  at.path = authority_.path("file");
  EXPECT_FALSE(network_->listen(at));
  EXPECT_TRUE(std::filesystem::exists(at.path));
}

using namespace std::string_literals;

const auto proxy_header = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\0\0\x07\x0a\0\0\x01\xcf\x80\x22\xb3"s;

TEST_F(on_loopback, a_trusted_proxy_says_who_the_client_is) {
  swallowed_ = proxy_header.size();
  EXPECT_EQ(talk_through_proxy({{address_range::parse("127.0.0.0/8").value()}}, proxy_header + "hello"), "hello");
  EXPECT_EQ(peer_.address, "10.0.0.7:53120");
  EXPECT_FALSE(peer_.loopback);
  EXPECT_TRUE(greeted_);
}

TEST_F(on_loopback, a_stranger_says_nothing_for_others) {
  EXPECT_EQ(talk_through_proxy({{address_range::parse("10.0.0.0/8").value()}}, proxy_header + "hello"), "");
  EXPECT_TRUE(is(greeted_.error(), errc::refused));
}

TEST_F(on_loopback, a_trusted_proxy_must_say_it) {
  EXPECT_EQ(talk_through_proxy({{address_range::parse("127.0.0.1").value()}}, "PROXY TCP4 10.0.0.7 10.0.0.1 1 2\r\n"),
            "");
  EXPECT_TRUE(is(greeted_.error(), errc::malformed));
}

TEST_F(on_loopback, a_listener_takes_as_many_connections_as_it_may) {
  endpoint at{.host = "127.0.0.1", .tls = {}};
  at.how.connections_max = 1;
  acceptor_ = network_->listen(at).value();
  const endpoint to{.host = "127.0.0.1", .port = acceptor_->port(), .tls = {}};
  std::string order;
  all_.spawn("come", come_twice(to, order));
  ending_.spawn("end", end());
  shard_.run();
  EXPECT_EQ(order, "closed");
}

}  // namespace
}  // namespace perigee::io

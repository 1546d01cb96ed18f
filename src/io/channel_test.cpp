// Channels over real sockets and over the network in memory: the same calls, the same answers.

#include "io/channel.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/random.hpp"
#include "io/detail/tcp_channel.hpp"
#include "io/memory_network.hpp"
#include "io/scope.hpp"
#include "io/shard.hpp"
#include "io/turn_end.hpp"

namespace perigee::io {
namespace {

using namespace std::chrono_literals;

/// Notes what it is told, and reads as much at a time as it is given room.
class notes final : public channel_user {
 public:
  void on_readable() override {
    ++readable;
    byte_buffer room(room_bytes);
    const auto n = of->try_read(room);
    if (!n) {
      ended = true;
      of->close();
    } else {
      heard += as_text(byte_view(room).first(*n));
    }
    if (then) then();
  }
  void on_writable() override { ++writable; }

  channel* of = nullptr;
  std::size_t room_bytes = 4;
  std::string heard;
  int readable = 0;
  int writable = 0;
  bool ended = false;
  std::function<void()> then;
};

/// A channel over one end of a socket pair; the test holds the other.
class a_socket : public testing::Test {
 protected:
  a_socket() {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    peer_ = pair[1];
    channel_ = detail::make_tcp_channel(shard_, notes_, {pair[0]});
    notes_.of = channel_.get();
  }
  ~a_socket() override { hang_up(); }

  void hang_up() {
    if (peer_ >= 0) ::close(std::exchange(peer_, -1));
  }
  void say(std::string_view text) {
    EXPECT_EQ(::send(peer_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  /// The loop, until what is expected has come or nothing is left to do.
  void turn() {
    for (int i = 0; i < 20; ++i) shard_.poll();
  }

  shard shard_;
  notes notes_;
  int peer_ = -1;
  std::unique_ptr<channel> channel_;
};

TEST_F(a_socket, is_told_of_again_while_something_is_left) {
  say("hello world");
  turn();
  EXPECT_EQ(notes_.heard, "hello world");
  EXPECT_EQ(notes_.readable, 3);
}

TEST_F(a_socket, gives_nothing_where_nothing_is_there) {
  byte_buffer room(10);
  EXPECT_EQ(channel_->try_read(room).value(), 0U);
}

TEST_F(a_socket, tells_its_end) {
  hang_up();
  turn();
  EXPECT_TRUE(notes_.ended);
  EXPECT_EQ(notes_.readable, 1);
}

TEST_F(a_socket, is_not_read_while_reading_is_off) {
  channel_->set_reading(false);
  say("late");
  turn();
  EXPECT_EQ(notes_.heard, "");
  channel_->set_reading(true);
  turn();
  EXPECT_EQ(notes_.heard, "late");
}

TEST_F(a_socket, says_once_that_it_takes_more) {
  const byte_buffer much(8U << 20, 'x');
  auto sent = channel_->try_write(much).value();
  EXPECT_LT(sent, much.size());
  turn();
  EXPECT_EQ(notes_.writable, 0);
  byte_buffer room(sent);
  std::size_t taken = 0;
  while (taken < sent) taken += static_cast<std::size_t>(::recv(peer_, room.data(), room.size(), 0));
  turn();
  EXPECT_EQ(notes_.writable, 1);
  EXPECT_GT(channel_->try_write(much).value(), 0U);
}

TEST_F(a_socket, may_be_destroyed_by_what_it_tells) {
  notes_.then = [this] { channel_.reset(); };
  say("gone");
  turn();
  EXPECT_EQ(notes_.readable, 1);
}

TEST_F(a_socket, that_is_closed_in_a_turn_hears_nothing_more_in_it) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
  notes other;
  auto second = detail::make_tcp_channel(shard_, other, {pair[0]});
  other.of = second.get();
  notes_.then = [&] { second.reset(); };
  other.then = [&] { channel_.reset(); };
  ASSERT_EQ(::send(pair[1], "b", 1, 0), 1);
  say("a");
  turn();
  EXPECT_EQ(notes_.readable + other.readable, 1);
  ::close(pair[1]);
}

TEST_F(a_socket, has_the_end_of_a_turn_once_behind_it) {
  int ends = 0;
  turn_end end(shard_, [&] { ++ends; });
  notes_.then = [&] {
    end.request();
    end.request();
    EXPECT_EQ(ends, 0);
  };
  say("abc");
  turn();
  EXPECT_EQ(ends, 1);
  end.request();
  turn();
  EXPECT_EQ(ends, 2);
}

TEST(a_connection_in_memory, is_a_channel_too) {
  virtual_time time;
  clock::install(time);
  shard on;
  prng random(1);
  memory_network net(on, random);
  scope all(on);
  notes server;
  std::unique_ptr<channel> made;
  auto at = net.listen({.host = "here", .port = 0, .tls = {}}).value();
  all.spawn("server", [](acceptor& from, notes& by, std::unique_ptr<channel>& to, shard& s, scope& in) -> task<> {
    PG_CO_TRY(auto stream, co_await from.accept());
    to = open_channel(std::move(stream), by, s, in);
    by.of = to.get();
    co_return result<>();
  }(*at, server, made, on, all));
  std::string answer;
  all.spawn("client", [](network& n, std::uint16_t port, std::string& heard) -> task<> {
    PG_CO_TRY(auto stream, co_await n.connect({.host = "here", .port = port, .tls = {}}, clock::now() + 1s));
    PG_CO_TRY_VOID(co_await stream->write(as_bytes("hello world")));
    byte_buffer room(100);
    PG_CO_TRY(const auto count, co_await stream->read_some(room));
    heard = as_text(byte_view(room).first(count));
    co_return result<>();
  }(net, at->port(), answer));
  server.then = [&] {
    if (server.heard != "hello world" || server.ended) return;
    EXPECT_EQ(made->try_write(as_bytes("hi")).value(), 2U);
  };
  time.run(on, 1min);
  EXPECT_EQ(server.heard, "hello world");
  EXPECT_EQ(answer, "hi");
  EXPECT_TRUE(server.ended);
  made.reset();
  time.run(on, 1min);
  EXPECT_EQ(all.running(), 0U);
}

}  // namespace
}  // namespace perigee::io

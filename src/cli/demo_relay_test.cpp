#include "cli/demo_relay.hpp"

#include <gtest/gtest.h>

#include "io/memory_network.hpp"
#include "io/timer.hpp"

namespace perigee::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t parent_port = 1;

/// A parent that answers every block with itself, and a cable to it, on virtual time.
class demo_relay_test : public testing::Test {
 protected:
  demo_relay_test() {
    clock::install(time_);
    parent_ = std::move(*network_.listen({.host = "127.0.0.1", .port = parent_port, .tls = nullptr}));
    auto at = network_.listen({.host = "127.0.0.1", .port = 0, .tls = nullptr});
    cable_ = std::make_unique<demo_relay>(shard_, network_, std::move(*at), parent_port);
    services_.spawn("parent", echo());
    services_.spawn("cable", cable_->run());
  }
  ~demo_relay_test() override {
    services_.cancel();
    time_.run(shard_, 10s);
  }

  io::task<> echo() {
    for (;;) {
      PG_CO_TRY(auto stream, co_await parent_->accept());
      services_.spawn("echo", answer(std::move(stream)));
    }
  }
  static io::task<> answer(std::unique_ptr<io::stream> stream) {
    byte_buffer block(64);
    for (;;) {
      const auto got = co_await stream->read_some(block);
      if (!got) co_return result<>();
      (void)co_await stream->write(byte_view(block).first(*got));
    }
  }
  /// Dials, says something and waits for it to come back; `heard_` is then what did.
  io::task<> say(std::string word) {
    if (!child_) {
      PG_CO_TRY(child_, co_await network_.connect({.host = "127.0.0.1", .port = cable_->port(), .tls = nullptr},
                                                  clock::now() + 1s));
    }
    PG_CO_TRY_VOID(co_await child_->write(as_bytes(word)));
    byte_buffer block(64);
    const auto got = co_await child_->read_some(block);
    heard_ = got ? std::string(as_text(byte_view(block).first(*got))) : "closed";
    if (!got) child_.reset();
    co_return result<>();
  }
  void speak(std::string word) {
    heard_.clear();
    services_.spawn("child", say(std::move(word)));
    time_.run(shard_, 3s);
  }

  io::virtual_time time_;
  io::shard shard_;
  prng random_{1};
  io::memory_network network_{shard_, random_};
  std::unique_ptr<io::acceptor> parent_;
  std::unique_ptr<demo_relay> cable_;
  std::unique_ptr<io::stream> child_;
  std::string heard_;
  io::scope services_{shard_};
};

TEST_F(demo_relay_test, passes_both_ways_and_counts_what_goes_up) {
  speak("hello");
  EXPECT_EQ(heard_, "hello");
  speak("again");
  EXPECT_EQ(heard_, "again");
  EXPECT_EQ(cable_->bytes_up(), 10U);
}

TEST_F(demo_relay_test, cut_is_a_black_hole_and_healed_is_a_new_connection) {
  speak("hello");
  cable_->cut();
  speak("lost");
  EXPECT_EQ(heard_, "") << "nothing comes back, and nothing is closed";
  EXPECT_EQ(cable_->bytes_up(), 5U);
  cable_->heal();
  time_.run(shard_, 3s);
  EXPECT_EQ(heard_, "closed");
  speak("hello");
  EXPECT_EQ(heard_, "hello");
}

TEST_F(demo_relay_test, ends_while_it_is_cut) {
  speak("hello");
  cable_->cut();
  speak("lost");
  services_.cancel();
  time_.run(shard_, 10s);
  EXPECT_EQ(services_.running(), 0U);
}

}  // namespace
}  // namespace perigee::cli

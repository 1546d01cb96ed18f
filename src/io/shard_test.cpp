// Time, coroutines and the network in memory, all on virtual time.

#include "io/shard.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "io/memory_network.hpp"
#include "io/scope.hpp"
#include "io/timer.hpp"

namespace perigee::io {
namespace {

using namespace std::chrono_literals;

class on_virtual_time : public testing::Test {
 protected:
  on_virtual_time() { clock::install(time_); }
  ~on_virtual_time() override { install_real_clock(); }

  virtual_time time_;
  shard shard_;
};

task<> tick(shard& on, std::vector<nanoseconds>& at, nanoseconds step, int times) {
  for (int i = 0; i < times; ++i) {
    PG_CO_TRY_VOID(co_await sleep_for(on, step));
    at.push_back(clock::now().time_since_epoch());
  }
  co_return result<>();
}

TEST_F(on_virtual_time, an_hour_passes_at_once_and_in_order) {
  scope all(shard_);
  std::vector<nanoseconds> at;
  const auto start = clock::now().time_since_epoch();
  all.spawn("slow", tick(shard_, at, 20min, 3));
  all.spawn("fast", tick(shard_, at, 15min, 2));
  time_.run(shard_);
  EXPECT_EQ(at, (std::vector<nanoseconds>{start + 15min, start + 20min, start + 30min, start + 40min, start + 60min}));
  EXPECT_EQ(all.running(), 0U);
}

TEST_F(on_virtual_time, closing_a_scope_ends_what_waits) {
  scope all(shard_);
  std::vector<nanoseconds> at;
  all.spawn("tick", tick(shard_, at, 1h, 100));
  time_.run(shard_, 150min);
  EXPECT_EQ(at.size(), 2U);
  scope closing(shard_);
  bool closed = false;
  closing.spawn("close", [](scope& of, bool& done) -> task<> {
    auto r = co_await of.close();
    done = true;
    co_return r;
  }(all, closed));
  time_.run(shard_, 1min);
  EXPECT_TRUE(closed);
  EXPECT_EQ(all.running(), 0U);
}

/// Woken and cancelled in one turn, so that the cancellation finds nothing pending.
TEST_F(on_virtual_time, a_cancellation_that_comes_with_a_notice_is_not_forgotten) {
  scope all(shard_);
  event noticed(shard_);
  int notices = 0;
  all.spawn("waits", [](event& at, int& count) -> task<> {
    for (;;) {
      PG_CO_TRY_VOID(co_await at.wait());
      ++count;
    }
  }(noticed, notices));
  time_.run(shard_, 1min);
  noticed.notify();
  all.cancel();
  time_.run(shard_, 1min);
  EXPECT_EQ(notices, 1);
  EXPECT_EQ(all.running(), 0U);
}

/// Cancelled, it has something left to wait for.
task<> ends_late(shard& on, event& last) {
  (void)co_await sleep_for(on, std::chrono::years(1));
  co_return co_await last.wait_through();
}

TEST_F(on_virtual_time, closing_waits_for_all_even_when_it_is_cancelled) {
  scope all(shard_);
  event last(shard_);
  all.spawn("late", ends_late(shard_, last));
  scope closing(shard_);
  closing.spawn("close", [](scope& of) -> task<> { co_return co_await of.close(); }(all));
  time_.run(shard_, 1min);
  closing.cancel();
  time_.run(shard_, 1min);
  EXPECT_EQ(closing.running(), 1U);
  last.notify();
  time_.run(shard_, 1min);
  EXPECT_EQ(all.running(), 0U);
  EXPECT_EQ(closing.running(), 0U);
}

task<> fails() { co_return fail(errc::corrupt, "on purpose"); }

TEST_F(on_virtual_time, a_scope_keeps_the_first_error) {
  scope all(shard_);
  all.spawn("broken", fails());
  scope closing(shard_);
  result<> outcome;
  closing.spawn("close", [](scope& of, result<>& how) -> task<> {
    how = co_await of.close();
    co_return result<>();
  }(all, outcome));
  time_.run(shard_, 1min);
  ASSERT_FALSE(outcome);
  EXPECT_TRUE(is(outcome.error(), errc::corrupt));
}

TEST_F(on_virtual_time, an_event_keeps_a_notice_and_times_out_without_one) {
  scope all(shard_);
  event happened(shard_);
  happened.notify();
  happened.notify();
  std::vector<std::string> seen;
  all.spawn("wait", [](event& e, std::vector<std::string>& out) -> task<> {
    PG_CO_TRY_VOID(co_await e.wait());
    out.push_back("first");
    const auto late = co_await e.wait_until(clock::now() + 5s);
    out.push_back(late ? "second" : late.error().what);
    co_return result<>();
  }(happened, seen));
  time_.run(shard_, 1min);
  EXPECT_EQ(seen, (std::vector<std::string>{"first", "nothing happened by the deadline"}));
}

TEST_F(on_virtual_time, a_worker_answers_on_the_shard) {
  auto w = shard_.make_worker("disk");
  std::vector<int> order;
  w->submit([&] { order.push_back(1); }, [&] { order.push_back(2); });
  EXPECT_TRUE(order.empty());
  time_.run(shard_, 1s);
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

task<> echo_once(acceptor& at) {
  PG_CO_TRY(auto s, co_await at.accept());
  byte_buffer buffer(64);
  for (;;) {
    PG_CO_TRY(const auto n, co_await s->read_some(buffer));
    PG_CO_TRY_VOID(co_await s->write(byte_view(buffer).first(n)));
  }
}

task<> ask(network& net, std::uint16_t port, std::string_view text, std::string& answer, error& how) {
  auto made = co_await net.connect({"echo", port, nullptr, false}, clock::now() + 3s);
  if (!made) {
    how = made.error();
    co_return result<>();
  }
  auto s = std::move(*made);
  PG_CO_TRY_VOID(co_await s->write(as_bytes(text)));
  byte_buffer buffer(64);
  while (answer.size() < text.size()) {
    auto n = co_await s->read_some(buffer);
    if (!n) {
      how = n.error();
      co_return result<>();
    }
    answer += as_text(byte_view(buffer).first(*n));
  }
  co_return result<>();
}

class in_memory : public on_virtual_time {
 protected:
  prng random_{1};
  memory_network net_{shard_, random_};
  std::string answer_;
  error how_;
};

TEST_F(in_memory, bytes_arrive_in_order_after_the_delay) {
  net_.set_faults({.delay_min = 10ms, .delay_max = 50ms, .break_per_write = 0, .write_bytes_max = 3});
  auto at = net_.listen({"", 0, nullptr, false}).value();
  scope all(shard_);
  all.spawn("server", echo_once(*at));
  all.spawn("client", ask(net_, at->port(), "hello, fog", answer_, how_));
  const auto start = clock::now();
  time_.run(shard_, 10s);
  EXPECT_EQ(answer_, "hello, fog");
  EXPECT_GE(clock::now() - start, 30ms);
  EXPECT_EQ(all.running(), 0U);
}

TEST_F(in_memory, a_cut_cable_is_silent_and_a_break_is_not) {
  auto at = net_.listen({"", 0, nullptr, false}).value();
  scope all(shard_);
  all.spawn("server", echo_once(*at));
  net_.set_partitioned(true);
  all.spawn("client", ask(net_, at->port(), "x", answer_, how_));
  time_.run(shard_, 10s);
  EXPECT_EQ(how_.code, make_error_code(errc::timed_out));
  net_.set_partitioned(false);
  net_.set_faults({.delay_min = 1s, .delay_max = 1s});
  all.spawn("client", ask(net_, at->port(), "x", answer_, how_));
  time_.run(shard_, 1500ms);
  net_.break_all();
  time_.run(shard_, 10s);
  EXPECT_EQ(how_.code, make_error_code(errc::closed));
  EXPECT_EQ(answer_, "");
}

TEST_F(in_memory, refuses_a_port_that_is_taken_or_silent) {
  auto at = net_.listen({"", 7, nullptr, false});
  EXPECT_TRUE(is(net_.listen({"", 7, nullptr, false}).error(), errc::exists));
  scope all(shard_);
  all.spawn("client", ask(net_, 8, "x", answer_, how_));
  time_.run(shard_, 10s);
  EXPECT_EQ(how_.code, make_error_code(errc::refused));
}

}  // namespace
}  // namespace perigee::io

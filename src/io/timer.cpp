#include "io/timer.hpp"

#include <boost/asio.hpp>

#include "io/detail/asio_error.hpp"
#include "io/detail/shard_state.hpp"

namespace perigee::io {
namespace {

/// An entry in a simulated shard's list of expiries, for as long as a wait lasts.
class listed_expiry {
 public:
  listed_expiry(std::multiset<clock::time_point>& in, clock::time_point when) : in_(in) {
    if (clock::simulated()) at_ = in_.insert(when);
  }
  listed_expiry(const listed_expiry&) = delete;
  listed_expiry& operator=(const listed_expiry&) = delete;
  ~listed_expiry() {
    if (at_) in_.erase(*at_);
  }

 private:
  std::multiset<clock::time_point>& in_;
  std::optional<std::multiset<clock::time_point>::iterator> at_;
};

}  // namespace

struct timer::state {
  explicit state(shard::state& s) : on(s), wait(s.context) {}
  shard::state& on;
  asio_timer wait;
};

timer::timer(shard& on) : state_(std::make_unique<state>(*on.state_)) {}
timer::~timer() = default;

task<> timer::wait_until(clock::time_point when) {
  if (is_cancelled(co_await boost::asio::this_coro::cancellation_state)) co_return cancelled_before();
  const listed_expiry listed(state_->on.expiries, when);
  state_->wait.expires_at(when);
  auto r = co_await state_->wait.async_wait(boost::asio::as_tuple);
  auto& [ec] = r;
  if (ec) co_return failed(ec, "the wait was cancelled");
  co_return result<>();
}

task<> timer::wait_through() {
  state_->wait.expires_at(clock::time_point::max());
  const boost::asio::cancellation_slot none;  // in place of the coroutine's
  (void)co_await state_->wait.async_wait(
      boost::asio::bind_cancellation_slot(none, boost::asio::as_tuple(boost::asio::deferred)));
  co_return result<>();
}

void timer::cancel() noexcept { state_->wait.cancel(); }

task<> sleep_for(shard& on, nanoseconds duration) {
  timer t(on);
  co_return co_await t.wait_until(clock::now() + duration);
}

task<> yield(shard& on) {
  co_await boost::asio::post(on.context(), boost::asio::deferred);
  if (is_cancelled(co_await boost::asio::this_coro::cancellation_state)) co_return cancelled_before();
  co_return result<>();
}

task<> event::wait() { return wait_until(clock::time_point::max()); }

task<> event::wait_until(clock::time_point deadline) {
  if (!set_) {
    auto waited = co_await timer_.wait_until(deadline);
    if (!set_ && waited) co_return fail(errc::timed_out, "nothing happened by the deadline");
    if (!set_) co_return waited;
  }
  set_ = false;
  co_return result<>();
}

task<> event::wait_through() {
  while (!set_) (void)co_await timer_.wait_through();
  set_ = false;
  co_return result<>();
}

}  // namespace perigee::io

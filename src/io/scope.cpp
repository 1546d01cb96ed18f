#include "io/scope.hpp"

#include <boost/asio.hpp>
#include <list>

#include "base/check.hpp"
#include "base/log.hpp"
#include "io/timer.hpp"

namespace perigee::io {
namespace asio = boost::asio;

struct scope::state : std::enable_shared_from_this<state> {
  explicit state(io::shard& s) : on(s), emptied(s) {}

  io::shard& on;
  std::list<asio::cancellation_signal> running;
  result<> first_error;
  event emptied;

  void ended(std::string_view name, const result<>& how) {
    if (how || is(how.error(), errc::cancelled)) return;
    log::warn(name, "{}", how.error().text());
    if (first_error) first_error = how;
  }
};

namespace {

/// The root of every coroutine: cancellation comes back as an error value, and a third party's exception ends here.
task<> rooted(task<> what) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const char* broken = nullptr;
  try {
    co_return co_await std::move(what);
  } catch (const std::exception& e) {
    log::fault("io.scope", "exception at a task's root: {}", e.what());
    broken = "a third party threw";
  }
  co_return fail(errc::io, broken);
}

}  // namespace

scope::scope(shard& on) : state_(std::make_shared<state>(on)) {}

scope::~scope() {
  // A shard that is destroyed has dropped its coroutines already; a living one must have been closed.
  PG_CHECK(state_->running.empty() || state_.use_count() == 1, "a scope ends with coroutines still running");
}

void scope::spawn(std::string name, task<> what) {
  auto self = state_;
  auto& signal = self->running.emplace_back();
  const auto place = std::prev(self->running.end());
  auto done = [self, place, name = std::move(name)](const std::exception_ptr& thrown, result<> how) {
    if (thrown) how = fail(errc::cancelled, "the coroutine was dropped");
    self->ended(name, how);
    self->running.erase(place);
    if (self->running.empty()) self->emptied.notify();
  };
  asio::co_spawn(self->on.context(), rooted(std::move(what)),
                 asio::bind_cancellation_slot(signal.slot(), std::move(done)));
}

void scope::cancel() {
  // A cancelled coroutine may end at once and take its entry with it, so step on before each emit.
  for (auto each = state_->running.begin(); each != state_->running.end();) {
    auto& signal = *each++;
    signal.emit(asio::cancellation_type::terminal);
  }
}

task<> scope::close() {
  cancel();
  // Even when the closing one is cancelled itself: what it does next counts on that nothing runs any more.
  while (!state_->running.empty()) (void)co_await state_->emptied.wait_through();
  co_return state_->first_error;
}

std::size_t scope::running() const { return state_->running.size(); }

}  // namespace perigee::io

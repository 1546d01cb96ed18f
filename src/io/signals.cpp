#include "io/signals.hpp"

#include <boost/asio.hpp>

#include "io/detail/asio_error.hpp"

namespace perigee::io {

struct signals::state {
  explicit state(shard& on) : set(on.context()) {}
  boost::asio::signal_set set;
};

signals::signals(shard& on, std::initializer_list<int> which) : state_(std::make_unique<state>(on)) {
  for (const int each : which) state_->set.add(each);
}
signals::~signals() = default;

task<int> signals::next() {
  if (is_cancelled(co_await boost::asio::this_coro::cancellation_state)) co_return cancelled_before();
  auto r = co_await state_->set.async_wait(boost::asio::as_tuple);
  auto& [ec, number] = r;
  if (ec) co_return failed(ec, "the wait for a signal was cancelled");
  co_return number;
}

}  // namespace perigee::io

#pragma once
// From an answer that comes by a callback to one that a handler waits for.

#include <memory>
#include <utility>

#include "io/timer.hpp"

namespace perigee::api {

namespace detail {

/// One answer, which may come when nobody waits any more.
template <class T>
struct awaited {
  explicit awaited(io::shard& on) : there(on) {}
  io::event there;
  result<T> what = fail(errc::cancelled, "not answered");
};

}  // namespace detail

/// `begin` is called with the callback. errc::cancelled when the coroutine's scope is.
template <class T, class Ask>
io::task<T> ask(io::shard& on, Ask begin) {
  const auto waiting = std::make_shared<detail::awaited<T>>(on);
  begin([waiting](result<T> how) {
    waiting->what = std::move(how);
    waiting->there.notify();
  });
  PG_CO_TRY_VOID(co_await waiting->there.wait());
  co_return std::move(waiting->what);
}

}  // namespace perigee::api

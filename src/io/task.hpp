#pragma once
// A coroutine that ends in a result. Errors are values here too: nothing is thrown across a co_await.

#include <boost/asio/awaitable.hpp>

#include "base/error.hpp"

namespace perigee::io {

template <class T = void>
using task = boost::asio::awaitable<result<T>>;

}  // namespace perigee::io

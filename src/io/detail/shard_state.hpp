#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <set>

#include "io/detail/asio_clock.hpp"
#include "io/detail/poller.hpp"
#include "io/shard.hpp"

namespace perigee::io {

struct shard::state {
  std::multiset<clock::time_point> expiries;  // of waiting timers, kept only in a simulation; outlives the context
  boost::asio::io_context context{1};
  std::unique_ptr<detail::poller> poller;  // with the first socket
};

}  // namespace perigee::io

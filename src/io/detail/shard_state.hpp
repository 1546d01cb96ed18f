#pragma once

#include <boost/asio/io_context.hpp>
#include <set>

#include "io/detail/asio_clock.hpp"
#include "io/shard.hpp"

namespace perigee::io {

struct shard::state {
  std::multiset<clock::time_point> expiries;  // of waiting timers, kept only in a simulation; outlives the context
  boost::asio::io_context context{1};
};

}  // namespace perigee::io

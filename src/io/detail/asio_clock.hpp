#pragma once
// Asio timers on perigee::clock, so that a simulation moves time (DESIGN 4).

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/wait_traits.hpp>

#include "base/time.hpp"

namespace boost::asio {

/// How long the event loop may sleep for a timer: not at all where time is simulated, or it would sleep in real time.
template <>
struct wait_traits<perigee::clock> {
  static perigee::clock::duration to_wait_duration(const perigee::clock::duration& d) {
    return perigee::clock::simulated() ? perigee::clock::duration::zero() : d;
  }
  static perigee::clock::duration to_wait_duration(const perigee::clock::time_point& t) {
    return to_wait_duration(t - perigee::clock::now());
  }
};

}  // namespace boost::asio

namespace perigee::io {

using asio_timer = boost::asio::basic_waitable_timer<perigee::clock>;

}  // namespace perigee::io

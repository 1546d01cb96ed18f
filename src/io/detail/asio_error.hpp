#pragma once

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/error_code.hpp>

#include "base/error.hpp"

namespace perigee::io {

/// An Asio error as one of ours, or with the system's own code where ours has none.
[[nodiscard]] inline std::unexpected<error> failed(const boost::system::error_code& ec, const char* what,
                                                   std::source_location at = std::source_location::current()) {
  namespace ae = boost::asio::error;
  if (ec == ae::operation_aborted) return fail(errc::cancelled, what, at);
  if (ec == ae::eof || ec == ae::connection_reset || ec == ae::broken_pipe || ec == ae::bad_descriptor) {
    return fail(errc::closed, what, at);
  }
  if (ec == ae::address_in_use) return fail(errc::exists, what, at);
  if (ec == ae::connection_refused) return fail(errc::refused, what, at);
  return fail(static_cast<std::error_code>(ec), what, at);
}

/// Asked before every wait that may last. A cancellation ends the operation that is pending; one that comes when that
/// has completed already, and its coroutine has not had its turn, would else be forgotten.
[[nodiscard]] inline bool is_cancelled(const boost::asio::cancellation_state& state) {
  return state.cancelled() != boost::asio::cancellation_type::none;
}
[[nodiscard]] inline std::unexpected<error> cancelled_before(
    std::source_location at = std::source_location::current()) {
  return fail(errc::cancelled, "the scope is closed", at);
}

/// Of a stream's operation. What the stream's own `close` cut short has ended, as it has for the peer: only a scope
/// cancels, and who takes the one for the other never tries again.
[[nodiscard]] inline std::unexpected<error> ended(const boost::system::error_code& ec,
                                                  const boost::asio::cancellation_state& state, const char* what,
                                                  std::source_location at = std::source_location::current()) {
  if (ec == boost::asio::error::operation_aborted && !is_cancelled(state)) return fail(errc::closed, what, at);
  return failed(ec, what, at);
}

}  // namespace perigee::io

#pragma once
// Connections by readiness: for thousands that are idle, with neither a coroutine nor a buffer while nothing comes.

#include <cstddef>
#include <memory>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace perigee::io {

class scope;
class shard;
class stream;

/// Whoever serves a channel. Called from the shard's loop, never from inside a call of the channel; it may close or
/// destroy the channel.
class channel_user {
 public:
  virtual ~channel_user() = default;
  /// try_read has bytes, or the connection's end. Again and again while that is so and reading is on.
  virtual void on_readable() = 0;
  /// Once after a try_write that did not take all: it takes some now, or tells the connection's end.
  virtual void on_writable() = 0;
};

/// One connection after its handshake. Nothing here waits. Owned by whoever serves it, on its shard; destroying it
/// closes it.
class channel {
 public:
  virtual ~channel() = default;
  /// What is there now; 0 where nothing is. errc::closed at the peer's end. Once per on_readable is enough.
  [[nodiscard]] virtual result<std::size_t> try_read(byte_span into) = 0;
  /// As much as goes out now; 0 where nothing does. errc::closed at the peer's end.
  [[nodiscard]] virtual result<std::size_t> try_write(byte_view bytes) = 0;
  /// Off: on_readable is not called until it is on again. On at first.
  virtual void set_reading(bool on) = 0;
  /// Nothing is called any more. Says TLS close-notify only if that does not wait.
  virtual void close() noexcept = 0;
};

/// The stream's connection as a channel: its own where it has one (stream::make_channel), otherwise with a coroutine
/// for each direction, which run `within` until the channel is closed.
[[nodiscard]] std::unique_ptr<channel> open_channel(std::unique_ptr<stream> from, channel_user& user, shard& on,
                                                    scope& within);

}  // namespace perigee::io

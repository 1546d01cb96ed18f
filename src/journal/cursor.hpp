#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/id.hpp"
#include "model/record.hpp"

namespace perigee::journal {

class journal;
namespace detail {
class cursor_state;
}

/// Where a reader stands in a lane, kept over restarts. Saved by the journal's tick and by flush: after a crash a
/// reader may see again what it advanced past in the last moments, never miss any. Owned by the reader, on the
/// journal's shard, destroyed before the journal; the stored position outlives it (journal::forget_cursor ends that).
class cursor {
 public:
  explicit cursor(std::shared_ptr<detail::cursor_state> state);
  ~cursor();
  cursor(const cursor&) = delete;
  cursor& operator=(const cursor&) = delete;

  /// The first record not yet handled.
  [[nodiscard]] log_offset position() const;
  /// Everything before `to` is handled. Never moves back.
  void advance(log_offset to);
  /// Saves now; `done` when it is durable.
  void flush(std::move_only_function<void(result<>)> done);
  [[nodiscard]] std::string_view name() const;
  [[nodiscard]] model::lane lane() const;

 private:
  std::shared_ptr<detail::cursor_state> state_;
};

}  // namespace perigee::journal

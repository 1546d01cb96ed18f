#pragma once
// What the broker keeps over a restart beyond the journal, entry by entry: docs/formats/mqtt-state.md.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/function_ref.hpp"

namespace perigee::doors::mqtt {

/// What an entry is about. A start reads the kinds in this order.
enum class state_kind : std::uint8_t { broker, session, share, subscription, retained };
inline constexpr std::size_t state_kind_count = 5;

/// A name for tables and messages.
[[nodiscard]] constexpr std::string_view name_of(state_kind kind) {
  constexpr std::array<std::string_view, state_kind_count> names = {"broker", "session", "share", "subscription",
                                                                    "retained"};
  return names[static_cast<std::size_t>(kind)];
}

struct state_entry {
  state_kind kind = state_kind::broker;
  byte_buffer key;
  byte_buffer body;  // with its checksum; empty: there is no such entry any more
};

/// Entries to put and to remove, in order: all of them or none.
using state_change = std::vector<state_entry>;

/// Where the entries are kept. Blocking: the door calls it on a worker, one call at a time, `load` before it serves.
class state_port {
 public:
  using visitor = function_ref<result<>(state_kind, byte_view key, byte_view body)>;

  virtual ~state_port() = default;
  /// On stable storage when this returns. Doing it again changes nothing.
  [[nodiscard]] virtual result<> apply(const state_change& change) = 0;
  /// Every entry, by kind and then by key, until the visitor fails; its error is the answer.
  [[nodiscard]] virtual result<> load(visitor visit) = 0;
};

}  // namespace perigee::doors::mqtt

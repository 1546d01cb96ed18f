#pragma once

#include <string>
#include <string_view>

#include "model/payload.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::readers::history::detail {

/// The Sparkplug B birth certificates that the aliases of later messages refer to, so that a restart in the middle of
/// an edge node's session reads on. Owned by the store, inside its transaction.
class birth_table {
 public:
  [[nodiscard]] result<> open(sqlite::connection& db);
  /// Has the decoder read them all again: each edge node's own before its devices'.
  [[nodiscard]] result<> recall(model::payload_decoder& into);
  /// A message that was decoded. Keeps a birth; an edge node's birth ends those of its devices.
  [[nodiscard]] result<> note(std::string_view node, std::string_view topic, byte_view payload);

 private:
  sqlite::statement all_;
  sqlite::statement put_;
  sqlite::statement end_devices_;
  std::string edge_node_;  // scratch
};

}  // namespace perigee::readers::history::detail

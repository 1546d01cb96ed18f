#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "control/registry/standing.hpp"
#include "control/registry/thing.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::control::registry::detail {

/// The tables `thing`, `thing_group` and `attribute`. Owned by the registry; not longer than its connection.
class thing_table {
 public:
  [[nodiscard]] static result<thing_table> prepare(sqlite::connection& db);

  [[nodiscard]] result<std::int64_t> count();
  [[nodiscard]] result<std::optional<thing>> find(std::string_view name);
  /// The name of the thing with this serial number of its maker's; empty: none.
  [[nodiscard]] result<std::string> owner_of(std::string_view serial_number);
  [[nodiscard]] result<std::vector<thing>> list(const selection& which);
  [[nodiscard]] result<> insert(const thing& made);
  /// Its stage, its time of change, its groups and its attributes.
  [[nodiscard]] result<> update(const thing& changed);
  [[nodiscard]] result<> remove(std::string_view name);
  [[nodiscard]] result<> see(std::string_view name, timestamp at);
  [[nodiscard]] result<> add_all_to(changes& out);

 private:
  [[nodiscard]] static thing read(const sqlite::statement& row);
  [[nodiscard]] result<> read_rest(thing& into);
  [[nodiscard]] result<> write_rest(const thing& of);

  sqlite::statement count_, find_, owner_, list_, insert_, update_, remove_, see_, all_;
  sqlite::statement groups_, attributes_, drop_groups_, drop_attributes_, put_group_, put_attribute_;
};

}  // namespace perigee::control::registry::detail

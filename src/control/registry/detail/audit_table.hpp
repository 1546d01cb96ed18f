#pragma once

#include <string_view>
#include <vector>

#include "control/registry/registry.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::control::registry::detail {

/// The table `audit`: limits::registry_audit_max rows of what was done, and as many of what was refused, so that
/// whoever guesses tokens does not wash away what operators did. Owned by the registry; not longer than its connection.
class audit_table {
 public:
  [[nodiscard]] static result<audit_table> prepare(sqlite::connection& db);

  [[nodiscard]] result<> add(std::string_view what, std::string_view of, const actor& by, bool refused = false);
  [[nodiscard]] result<std::vector<audit_row>> newest(std::string_view of, std::size_t limit);

 private:
  sqlite::statement last_, insert_, drop_, newest_;
};

}  // namespace perigee::control::registry::detail

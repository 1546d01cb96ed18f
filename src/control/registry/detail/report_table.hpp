#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sqlite/sqlite.hpp"

namespace perigee::control::registry::detail {

/// The table `report`: things that changed since they were told. Owned by the registry; not longer than its connection.
class report_table {
 public:
  [[nodiscard]] static result<report_table> prepare(sqlite::connection& db);

  /// It is to be told, whatever was to be told before.
  [[nodiscard]] result<> note(std::string_view name);
  /// The oldest, and their numbers.
  [[nodiscard]] result<std::vector<std::pair<std::int64_t, std::string>>> oldest(std::size_t limit);
  /// What was told as of this number; one that changed since stays.
  [[nodiscard]] result<> remove(std::string_view name, std::int64_t number);

 private:
  sqlite::statement last_, note_, oldest_, remove_;
};

}  // namespace perigee::control::registry::detail

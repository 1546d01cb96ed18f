#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "control/registry/application.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::control::registry::detail {

/// The table `application`. Owned by the registry; not longer than its connection.
class application_table {
 public:
  [[nodiscard]] static result<application_table> prepare(sqlite::connection& db);

  [[nodiscard]] result<std::int64_t> count();
  [[nodiscard]] result<std::optional<application>> find(std::string_view id);
  [[nodiscard]] result<std::vector<application>> list(std::string_view after, std::size_t limit);
  [[nodiscard]] result<> insert(const application& made);
  [[nodiscard]] result<> decide(const application& decided);
  [[nodiscard]] result<> remove(std::string_view id);
  /// Of those that are decided, the one that was first goes.
  [[nodiscard]] result<> drop_one_decided();

 private:
  sqlite::statement count_, find_, list_, insert_, decide_, remove_, drop_;
};

}  // namespace perigee::control::registry::detail

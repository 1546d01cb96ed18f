#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "control/registry/token.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::control::registry::detail {

/// The table `token`. Owned by the registry; not longer than its connection.
class token_table {
 public:
  [[nodiscard]] static result<token_table> prepare(sqlite::connection& db);

  [[nodiscard]] result<std::int64_t> count();
  [[nodiscard]] result<std::optional<token>> find(std::string_view id);
  [[nodiscard]] result<std::optional<token>> find_by(const crypto::digest& secret);
  [[nodiscard]] result<std::vector<token>> list(std::string_view after, std::size_t limit);
  [[nodiscard]] result<> insert(const token& made);
  [[nodiscard]] result<> take_one_use(std::string_view id);
  [[nodiscard]] result<> revoke(std::string_view id, timestamp at);
  /// Of those that can be used no more, the one that would have expired first goes.
  [[nodiscard]] result<> drop_one_ended(timestamp now);

 private:
  sqlite::statement count_, find_, find_by_, list_, insert_, use_, revoke_, drop_;
};

}  // namespace perigee::control::registry::detail

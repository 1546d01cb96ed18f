#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "control/registry/provisioning.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::control::registry::detail {

/// The tables `template` and `ownership`. Owned by the registry; not longer than its connection.
class provisioning_table {
 public:
  [[nodiscard]] static result<provisioning_table> prepare(sqlite::connection& db);

  [[nodiscard]] result<std::int64_t> count_templates();
  [[nodiscard]] result<std::optional<stored_template>> find_template(std::string_view name);
  [[nodiscard]] result<std::vector<stored_template>> templates(std::string_view after, std::size_t limit);
  [[nodiscard]] result<> insert(const stored_template& made);
  [[nodiscard]] result<> remove_template(std::string_view name);

  [[nodiscard]] result<std::int64_t> count_owned();
  [[nodiscard]] result<std::optional<certificate_id>> owned(const crypto::digest& secret, timestamp now);
  [[nodiscard]] result<> insert(const ownership& made, const certificate_id& of);
  [[nodiscard]] result<> remove_owned(const crypto::digest& secret);
  /// Those whose time is over, and their certificates.
  [[nodiscard]] result<std::vector<certificate_id>> drop_expired(timestamp now);

 private:
  sqlite::statement count_templates_, find_template_, templates_, insert_template_, remove_template_;
  sqlite::statement count_owned_, owned_, insert_owned_, remove_owned_, expired_, drop_expired_;
};

}  // namespace perigee::control::registry::detail

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "control/registry/certificate.hpp"
#include "control/registry/standing.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::control::registry::detail {

/// The table `certificate`. Owned by the registry; not longer than its connection.
class certificate_table {
 public:
  [[nodiscard]] static result<certificate_table> prepare(sqlite::connection& db);

  [[nodiscard]] result<std::int64_t> count();
  [[nodiscard]] result<std::optional<certificate>> find(const certificate_id& id);
  /// With this serial number, of any issuer.
  [[nodiscard]] result<std::vector<certificate>> find_all(std::string_view serial);
  [[nodiscard]] result<std::vector<certificate>> of(std::string_view name);
  [[nodiscard]] result<std::vector<certificate>> list(const certificate_selection& which);
  /// Of this issuer, not expired: revoked, or a suspended thing's, which are on hold.
  [[nodiscard]] result<std::vector<identity::revocation>> revoked(std::string_view issuer, timestamp now);
  [[nodiscard]] result<> insert(const certificate& made);
  /// Its state, and since when and why.
  [[nodiscard]] result<> update(const certificate& changed);
  /// It is another thing's from now on.
  [[nodiscard]] result<> rename(const certificate_id& id, std::string_view to);
  /// The one that expired first, where one has: which it was.
  [[nodiscard]] result<std::optional<certificate_id>> drop_one_expired(timestamp now);
  [[nodiscard]] result<> add_all_to(changes& out);

 private:
  sqlite::statement count_, find_, by_serial_, by_name_, list_, insert_, update_, rename_, expired_, remove_, all_,
      revoked_;
};

}  // namespace perigee::control::registry::detail

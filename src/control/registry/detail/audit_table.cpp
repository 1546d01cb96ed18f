#include "control/registry/detail/audit_table.hpp"

#include "base/identity_limits.hpp"
#include "control/registry/detail/rows.hpp"

namespace perigee::control::registry::detail {

result<audit_table> audit_table::prepare(sqlite::connection& db) {
  audit_table t;
  PG_TRY(t.last_, db.prepare("SELECT max(id) FROM audit WHERE refused = ?"));
  PG_TRY(t.insert_, db.prepare("INSERT INTO audit VALUES(?, ?, ?, ?, ?, ?, ?, ?)"));
  PG_TRY(t.drop_, db.prepare("DELETE FROM audit WHERE refused = ? AND id <= ?"));
  PG_TRY(t.newest_, db.prepare("SELECT at, who, source, what, of, why, refused FROM audit WHERE of = ? "
                               "ORDER BY at DESC, id DESC LIMIT ?"));
  return t;
}

/// Numbers are without holes, so the number of the newest says which is one too many.
result<> audit_table::add(std::string_view what, std::string_view of, const actor& by, bool refused) {
  std::int64_t id = 1;
  {
    reading last(last_);
    last->bind(std::int64_t{refused});
    PG_TRY(const bool row, last->step());
    if (row) id = last->integer(0) + 1;
  }
  insert_.begin().bind(std::int64_t{refused}).bind(id).bind(by.at.ns).bind(by.who).bind(by.from).bind(what).bind(of);
  PG_TRY_VOID(insert_.bind(by.why).run());
  if (id <= limits::registry_audit_max) return {};
  return drop_.begin().bind(std::int64_t{refused}).bind(id - limits::registry_audit_max).run();
}

result<std::vector<audit_row>> audit_table::newest(std::string_view of, std::size_t limit) {
  std::vector<audit_row> out;
  reading ask(newest_);
  ask->bind(of).bind(static_cast<std::int64_t>(limit));
  for (;;) {
    PG_TRY(const bool row, ask->step());
    if (!row) return out;
    out.push_back({.at = time_at(*ask, 0),
                   .who = text_at(*ask, 1),
                   .from = text_at(*ask, 2),
                   .what = text_at(*ask, 3),
                   .of = text_at(*ask, 4),
                   .why = text_at(*ask, 5),
                   .refused = ask->integer(6) != 0});
  }
}

}  // namespace perigee::control::registry::detail

#include "control/registry/detail/report_table.hpp"

#include "control/registry/detail/rows.hpp"

namespace perigee::control::registry::detail {

result<report_table> report_table::prepare(sqlite::connection& db) {
  report_table t;
  PG_TRY(t.last_, db.prepare("SELECT max(number) FROM report"));
  PG_TRY(t.note_, db.prepare("INSERT OR REPLACE INTO report VALUES(?, ?)"));
  PG_TRY(t.oldest_, db.prepare("SELECT number, name FROM report ORDER BY number LIMIT ?"));
  PG_TRY(t.remove_, db.prepare("DELETE FROM report WHERE name = ? AND number = ?"));
  return t;
}

result<> report_table::note(std::string_view name) {
  PG_TRY(const auto last, number_of(last_));
  return note_.begin().bind(name).bind(last + 1).run();
}

result<std::vector<std::pair<std::int64_t, std::string>>> report_table::oldest(std::size_t limit) {
  std::vector<std::pair<std::int64_t, std::string>> out;
  reading ask(oldest_);
  ask->bind(static_cast<std::int64_t>(limit));
  for (;;) {
    PG_TRY(const bool row, ask->step());
    if (!row) return out;
    out.emplace_back(ask->integer(0), text_at(*ask, 1));
  }
}

result<> report_table::remove(std::string_view name, std::int64_t number) {
  return remove_.begin().bind(name).bind(number).run();
}

}  // namespace perigee::control::registry::detail

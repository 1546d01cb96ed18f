#include "control/registry/detail/application_table.hpp"

#include "control/registry/detail/rows.hpp"

namespace perigee::control::registry::detail {
namespace {

application read(const sqlite::statement& row) {
  application out;
  out.id = text_at(row, 0);
  out.name = text_at(row, 1);
  out.is = static_cast<kind>(row.integer(2));
  out.key = text_at(row, 3);
  out.token = text_at(row, 4);
  out.from = text_at(row, 5);
  out.asked = time_at(row, 6);
  out.now = static_cast<decision>(row.integer(7));
  out.decided = time_at(row, 8);
  out.by = text_at(row, 9);
  return out;
}

}  // namespace

result<application_table> application_table::prepare(sqlite::connection& db) {
  application_table t;
  PG_TRY(t.count_, db.prepare("SELECT count(*) FROM application"));
  PG_TRY(t.find_, db.prepare("SELECT * FROM application WHERE id = ?"));
  PG_TRY(t.list_, db.prepare("SELECT * FROM application WHERE id > ? ORDER BY id LIMIT ?"));
  PG_TRY(t.insert_, db.prepare("INSERT INTO application VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  PG_TRY(t.decide_, db.prepare("UPDATE application SET decision = ?, decided = ?, decided_by = ? WHERE id = ?"));
  PG_TRY(t.remove_, db.prepare("DELETE FROM application WHERE id = ?"));
  PG_TRY(t.drop_, db.prepare("DELETE FROM application WHERE id = (SELECT id FROM application WHERE decision != 0 "
                             "ORDER BY decided LIMIT 1)"));
  return t;
}

result<std::int64_t> application_table::count() { return number_of(count_); }

result<std::optional<application>> application_table::find(std::string_view id) {
  reading ask(find_);
  ask->bind(id);
  PG_TRY(const bool row, ask->step());
  return row ? std::optional(read(*ask)) : std::nullopt;
}

result<std::vector<application>> application_table::list(std::string_view after, std::size_t limit) {
  std::vector<application> out;
  reading ask(list_);
  ask->bind(after).bind(static_cast<std::int64_t>(limit));
  for (;;) {
    PG_TRY(const bool row, ask->step());
    if (!row) return out;
    out.push_back(read(*ask));
  }
}

result<> application_table::insert(const application& made) {
  insert_.begin().bind(made.id).bind(made.name).bind(static_cast<std::int64_t>(made.is)).bind(made.key);
  insert_.bind(made.token).bind(made.from).bind(made.asked.ns).bind(static_cast<std::int64_t>(made.now));
  return insert_.bind(made.decided.ns).bind(made.by).run();
}

result<> application_table::decide(const application& decided) {
  decide_.begin().bind(static_cast<std::int64_t>(decided.now)).bind(decided.decided.ns).bind(decided.by);
  return decide_.bind(decided.id).run();
}

result<> application_table::remove(std::string_view id) { return remove_.begin().bind(id).run(); }

result<> application_table::drop_one_decided() { return drop_.begin().run(); }

}  // namespace perigee::control::registry::detail

#include "control/registry/detail/thing_table.hpp"

#include "control/registry/detail/rows.hpp"

namespace perigee::control::registry::detail {
namespace {

constexpr const char* columns = "name, kind, lifecycle, before, serial_number, gateway, created, changed, last_seen";

std::string select(std::string_view rest) {
  return std::string("SELECT ") + columns + " FROM thing " + std::string(rest);
}

/// -1 stands for any.
template <class Enum>
std::int64_t number_or_any(const std::optional<Enum>& wanted) {
  return wanted ? static_cast<std::int64_t>(*wanted) : -1;
}

}  // namespace

result<thing_table> thing_table::prepare(sqlite::connection& db) {
  thing_table t;
  PG_TRY(t.count_, db.prepare("SELECT count(*) FROM thing"));
  PG_TRY(t.find_, db.prepare(select("WHERE name = ?")));
  PG_TRY(t.owner_, db.prepare("SELECT name FROM thing WHERE serial_number = ?"));
  PG_TRY(t.list_, db.prepare(select("WHERE name > ?1 AND (?2 < 0 OR lifecycle = ?2) AND (?3 < 0 OR kind = ?3) AND "
                                    "(?4 = '' OR EXISTS (SELECT 1 FROM thing_group g WHERE g.thing = thing.name AND "
                                    "g.name = ?4)) ORDER BY name LIMIT ?5")));
  PG_TRY(t.insert_, db.prepare("INSERT INTO thing VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  PG_TRY(t.update_,
         db.prepare("UPDATE thing SET lifecycle = ?, before = ?, changed = ?, last_seen = ? WHERE name = ?"));
  PG_TRY(t.remove_, db.prepare("DELETE FROM thing WHERE name = ?"));
  PG_TRY(t.see_, db.prepare("UPDATE thing SET last_seen = ?1 WHERE name = ?2 AND last_seen < ?1"));
  PG_TRY(t.all_, db.prepare("SELECT name, lifecycle FROM thing"));
  PG_TRY(t.groups_, db.prepare("SELECT name FROM thing_group WHERE thing = ? ORDER BY name"));
  PG_TRY(t.attributes_, db.prepare("SELECT name, value FROM attribute WHERE thing = ?"));
  PG_TRY(t.drop_groups_, db.prepare("DELETE FROM thing_group WHERE thing = ?"));
  PG_TRY(t.drop_attributes_, db.prepare("DELETE FROM attribute WHERE thing = ?"));
  PG_TRY(t.put_group_, db.prepare("INSERT INTO thing_group VALUES(?, ?)"));
  PG_TRY(t.put_attribute_, db.prepare("INSERT INTO attribute VALUES(?, ?, ?)"));
  return t;
}

result<std::int64_t> thing_table::count() { return number_of(count_); }

thing thing_table::read(const sqlite::statement& row) {
  thing out;
  out.given.name = text_at(row, 0);
  out.given.is = static_cast<kind>(row.integer(1));
  out.stage = {static_cast<lifecycle>(row.integer(2)), static_cast<lifecycle>(row.integer(3))};
  out.given.serial_number = text_at(row, 4);
  out.given.gateway = text_at(row, 5);
  out.created = time_at(row, 6);
  out.changed = time_at(row, 7);
  out.last_seen = time_at(row, 8);
  return out;
}

result<> thing_table::read_rest(thing& into) {
  reading group(groups_);
  group->bind(into.given.name);
  for (;;) {
    PG_TRY(const bool row, group->step());
    if (!row) break;
    into.given.groups.push_back(text_at(*group, 0));
  }
  reading attribute(attributes_);
  attribute->bind(into.given.name);
  for (;;) {
    PG_TRY(const bool row, attribute->step());
    if (!row) return {};
    into.given.attributes.emplace(text_at(*attribute, 0), text_at(*attribute, 1));
  }
}

result<std::optional<thing>> thing_table::find(std::string_view name) {
  reading ask(find_);
  ask->bind(name);
  PG_TRY(const bool row, ask->step());
  if (!row) return std::optional<thing>();
  auto out = read(*ask);
  PG_TRY_VOID(read_rest(out));
  return out;
}

result<std::string> thing_table::owner_of(std::string_view serial_number) {
  reading ask(owner_);
  ask->bind(serial_number);
  PG_TRY(const bool row, ask->step());
  return row ? text_at(*ask, 0) : std::string();
}

result<std::vector<thing>> thing_table::list(const selection& which) {
  std::vector<thing> out;
  reading ask(list_);
  ask->bind(which.after).bind(number_or_any(which.in)).bind(number_or_any(which.is)).bind(which.group);
  ask->bind(static_cast<std::int64_t>(which.limit));
  for (;;) {
    PG_TRY(const bool row, ask->step());
    if (!row) return out;
    out.push_back(read(*ask));
    PG_TRY_VOID(read_rest(out.back()));
  }
}

result<> thing_table::insert(const thing& made) {
  const auto& given = made.given;
  insert_.begin().bind(given.name).bind(static_cast<std::int64_t>(given.is));
  insert_.bind(static_cast<std::int64_t>(made.stage.now)).bind(static_cast<std::int64_t>(made.stage.before));
  if (given.serial_number.empty()) {
    insert_.bind_null();
  } else {
    insert_.bind(given.serial_number);
  }
  insert_.bind(given.gateway).bind(made.created.ns).bind(made.changed.ns).bind(made.last_seen.ns);
  PG_TRY_VOID(insert_.run());
  return write_rest(made);
}

result<> thing_table::update(const thing& changed) {
  update_.begin()
      .bind(static_cast<std::int64_t>(changed.stage.now))
      .bind(static_cast<std::int64_t>(changed.stage.before));
  update_.bind(changed.changed.ns).bind(changed.last_seen.ns).bind(changed.given.name);
  PG_TRY_VOID(update_.run());
  PG_TRY_VOID(drop_groups_.begin().bind(changed.given.name).run());
  PG_TRY_VOID(drop_attributes_.begin().bind(changed.given.name).run());
  return write_rest(changed);
}

result<> thing_table::write_rest(const thing& of) {
  for (const auto& group : of.given.groups) PG_TRY_VOID(put_group_.begin().bind(of.given.name).bind(group).run());
  for (const auto& [name, value] : of.given.attributes) {
    PG_TRY_VOID(put_attribute_.begin().bind(of.given.name).bind(name).bind(value).run());
  }
  return {};
}

result<> thing_table::remove(std::string_view name) { return remove_.begin().bind(name).run(); }

result<> thing_table::see(std::string_view name, timestamp at) { return see_.begin().bind(at.ns).bind(name).run(); }

result<> thing_table::add_all_to(changes& out) {
  reading ask(all_);
  for (;;) {
    PG_TRY(const bool row, ask->step());
    if (!row) return {};
    out.emplace_back(thing_stands{text_at(*ask, 0), static_cast<lifecycle>(ask->integer(1))});
  }
}

}  // namespace perigee::control::registry::detail

#include "control/registry/detail/provisioning_table.hpp"

#include "control/registry/detail/rows.hpp"

namespace perigee::control::registry::detail {
namespace {

stored_template read(const sqlite::statement& row) {
  return {.name = text_at(row, 0),
          .body = text_at(row, 1),
          .replaces = row.integer(2) != 0,
          .makes_keys = row.integer(3) != 0,
          .created = time_at(row, 4),
          .by = text_at(row, 5)};
}

}  // namespace

result<provisioning_table> provisioning_table::prepare(sqlite::connection& db) {
  provisioning_table t;
  PG_TRY(t.count_templates_, db.prepare("SELECT count(*) FROM template"));
  PG_TRY(t.find_template_, db.prepare("SELECT * FROM template WHERE name = ?"));
  PG_TRY(t.templates_, db.prepare("SELECT * FROM template WHERE name > ? ORDER BY name LIMIT ?"));
  PG_TRY(t.insert_template_, db.prepare("INSERT INTO template VALUES(?, ?, ?, ?, ?, ?)"));
  PG_TRY(t.remove_template_, db.prepare("DELETE FROM template WHERE name = ?"));
  PG_TRY(t.count_owned_, db.prepare("SELECT count(*) FROM ownership"));
  PG_TRY(t.owned_, db.prepare("SELECT issuer, serial FROM ownership WHERE secret = ? AND expires > ?"));
  PG_TRY(t.insert_owned_, db.prepare("INSERT INTO ownership VALUES(?, ?, ?, ?)"));
  PG_TRY(t.remove_owned_, db.prepare("DELETE FROM ownership WHERE secret = ?"));
  PG_TRY(t.expired_, db.prepare("SELECT issuer, serial FROM ownership WHERE expires <= ?"));
  PG_TRY(t.drop_expired_, db.prepare("DELETE FROM ownership WHERE expires <= ?"));
  return t;
}

result<std::int64_t> provisioning_table::count_templates() { return number_of(count_templates_); }

result<std::optional<stored_template>> provisioning_table::find_template(std::string_view name) {
  reading ask(find_template_);
  ask->bind(name);
  PG_TRY(const bool row, ask->step());
  return row ? std::optional(read(*ask)) : std::nullopt;
}

result<std::vector<stored_template>> provisioning_table::templates(std::string_view after, std::size_t limit) {
  std::vector<stored_template> out;
  reading ask(templates_);
  ask->bind(after).bind(static_cast<std::int64_t>(limit));
  for (;;) {
    PG_TRY(const bool row, ask->step());
    if (!row) return out;
    out.push_back(read(*ask));
  }
}

result<> provisioning_table::insert(const stored_template& made) {
  insert_template_.begin().bind(made.name).bind(made.body).bind(std::int64_t{made.replaces});
  insert_template_.bind(std::int64_t{made.makes_keys});
  return insert_template_.bind(made.created.ns).bind(made.by).run();
}

result<> provisioning_table::remove_template(std::string_view name) {
  return remove_template_.begin().bind(name).run();
}

result<std::int64_t> provisioning_table::count_owned() { return number_of(count_owned_); }

result<std::optional<certificate_id>> provisioning_table::owned(const crypto::digest& secret, timestamp now) {
  reading ask(owned_);
  ask->bind(byte_view(secret)).bind(now.ns);
  PG_TRY(const bool row, ask->step());
  if (!row) return std::optional<certificate_id>();
  return std::optional(certificate_id{text_at(*ask, 0), text_at(*ask, 1)});
}

result<> provisioning_table::insert(const ownership& made, const certificate_id& of) {
  return insert_owned_.begin().bind(byte_view(made.secret)).bind(of.issuer).bind(of.serial).bind(made.expires.ns).run();
}

result<> provisioning_table::remove_owned(const crypto::digest& secret) {
  return remove_owned_.begin().bind(byte_view(secret)).run();
}

result<std::vector<certificate_id>> provisioning_table::drop_expired(timestamp now) {
  std::vector<certificate_id> out;
  {
    reading ask(expired_);
    ask->bind(now.ns);
    for (;;) {
      PG_TRY(const bool row, ask->step());
      if (!row) break;
      out.push_back({text_at(*ask, 0), text_at(*ask, 1)});
    }
  }
  if (!out.empty()) PG_TRY_VOID(drop_expired_.begin().bind(now.ns).run());
  return out;
}

}  // namespace perigee::control::registry::detail

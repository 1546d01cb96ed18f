#include "control/registry/detail/schema.hpp"

namespace perigee::control::registry::detail {
namespace {

constexpr std::int64_t schema_version = 1;

constexpr const char* settings = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA cache_size = -4096;
PRAGMA temp_store = MEMORY;
PRAGMA journal_size_limit = 8388608;
)sql";

constexpr const char* tables = R"sql(
CREATE TABLE thing(name TEXT PRIMARY KEY, kind INTEGER NOT NULL CHECK(kind IN (0, 1)),
                   lifecycle INTEGER NOT NULL CHECK(lifecycle BETWEEN 0 AND 4),
                   before INTEGER NOT NULL CHECK(before BETWEEN 0 AND 4),
                   serial_number TEXT UNIQUE, gateway TEXT NOT NULL, created INTEGER NOT NULL,
                   changed INTEGER NOT NULL, last_seen INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE thing_group(thing TEXT NOT NULL REFERENCES thing(name) ON DELETE CASCADE, name TEXT NOT NULL,
                         PRIMARY KEY(thing, name)) WITHOUT ROWID;
CREATE INDEX thing_by_group ON thing_group(name, thing);
CREATE TABLE attribute(thing TEXT NOT NULL REFERENCES thing(name) ON DELETE CASCADE, name TEXT NOT NULL,
                       value TEXT NOT NULL, PRIMARY KEY(thing, name)) WITHOUT ROWID;
CREATE TABLE token(id TEXT PRIMARY KEY, secret BLOB NOT NULL UNIQUE,
                   purpose INTEGER NOT NULL CHECK(purpose BETWEEN 0 AND 3), pattern TEXT NOT NULL,
                   expires INTEGER NOT NULL, uses INTEGER NOT NULL, uses_left INTEGER NOT NULL CHECK(uses_left >= 0),
                   created INTEGER NOT NULL, created_by TEXT NOT NULL, revoked INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE certificate(issuer TEXT NOT NULL, serial TEXT NOT NULL, name TEXT NOT NULL, not_before INTEGER NOT NULL,
                         not_after INTEGER NOT NULL, fingerprint BLOB NOT NULL, issued_by TEXT NOT NULL,
                         state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 3), reason INTEGER NOT NULL,
                         at INTEGER NOT NULL, grace_until INTEGER NOT NULL, key TEXT NOT NULL, token TEXT NOT NULL,
                         claim TEXT NOT NULL, common_name TEXT NOT NULL,
                         authority INTEGER NOT NULL CHECK(authority IN (0, 1)), PRIMARY KEY(issuer, serial))
                         WITHOUT ROWID;
CREATE INDEX certificate_by_name ON certificate(name);
CREATE INDEX certificate_by_serial ON certificate(serial);
CREATE INDEX certificate_by_end ON certificate(not_after);
CREATE TABLE application(id TEXT PRIMARY KEY, name TEXT NOT NULL, kind INTEGER NOT NULL CHECK(kind IN (0, 1)),
                         key TEXT NOT NULL, token TEXT NOT NULL, source TEXT NOT NULL, asked INTEGER NOT NULL,
                         decision INTEGER NOT NULL CHECK(decision BETWEEN 0 AND 2), decided INTEGER NOT NULL,
                         decided_by TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX application_by_decision ON application(decision, decided);
CREATE TABLE report(name TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE) WITHOUT ROWID;
CREATE TABLE template(name TEXT PRIMARY KEY, body TEXT NOT NULL, replaces INTEGER NOT NULL,
                      makes_keys INTEGER NOT NULL, created INTEGER NOT NULL, created_by TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE ownership(secret BLOB PRIMARY KEY, issuer TEXT NOT NULL, serial TEXT NOT NULL, expires INTEGER NOT NULL)
                       WITHOUT ROWID;
CREATE INDEX ownership_by_end ON ownership(expires);
CREATE TABLE audit(refused INTEGER NOT NULL, id INTEGER NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL,
                   source TEXT NOT NULL, what TEXT NOT NULL, of TEXT NOT NULL, why TEXT NOT NULL,
                   PRIMARY KEY(refused, id)) WITHOUT ROWID;
CREATE INDEX audit_by_of ON audit(of, at);
PRAGMA user_version = 1;
)sql";

result<std::int64_t> version_of(sqlite::connection& db) {
  PG_TRY(auto ask, db.prepare("PRAGMA user_version"));
  PG_TRY(const bool row, ask.step());
  return row ? ask.integer(0) : 0;
}

/// Under the lock of a writer, so that two that open a new file at once do not both make its tables.
result<> ensure_tables(sqlite::connection& db) {
  PG_TRY_VOID(db.execute("BEGIN IMMEDIATE"));
  const auto version = version_of(db);
  auto done = version ? result<>() : std::unexpected(version.error());
  if (done && *version > schema_version)
    done = fail(errc::unsupported, "a newer version of Perigee wrote the registry");
  if (done && *version == 0) done = db.execute(tables);
  if (done) done = db.execute("COMMIT");
  if (!done) (void)db.execute("ROLLBACK");
  return done;
}

}  // namespace

result<sqlite::connection> open_database(const std::string& file) {
  PG_TRY(auto db, sqlite::connection::open(file, false));
  PG_TRY_VOID(db.execute(settings));
  PG_TRY_VOID(ensure_tables(db));
  return db;
}

}  // namespace perigee::control::registry::detail

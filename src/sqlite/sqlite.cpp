#include "sqlite/sqlite.hpp"

#include <sqlite3.h>

#include "base/log.hpp"

namespace perigee::sqlite {
namespace {

constexpr int busy_ms = 2000;  // how long a reader of the same file is waited for

std::unexpected<error> failed(sqlite3* on, int code) {
  log::warn("sqlite", "SQLite: {}", on != nullptr ? sqlite3_errmsg(on) : sqlite3_errstr(code));
  switch (code & 0xff) {
    case SQLITE_FULL: return fail(errc::no_space, "the disk is full for the database");
    case SQLITE_CORRUPT: return fail(errc::io, "the database's file is damaged");
    case SQLITE_NOTADB: return fail(errc::refused, "the file is not a database");
    case SQLITE_CANTOPEN: return fail(errc::not_found, "the database's file cannot be opened");
    default: return fail(errc::io, "the database refuses");
  }
}

}  // namespace

void statement::finalize::operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
void connection::close::operator()(sqlite3* on) const { sqlite3_close_v2(on); }

statement& statement::begin() {
  sqlite3_reset(prepared_.get());
  next_ = 1;
  return *this;
}

statement& statement::bind(std::int64_t x) {
  sqlite3_bind_int64(prepared_.get(), next_++, x);
  return *this;
}
statement& statement::bind(double x) {
  sqlite3_bind_double(prepared_.get(), next_++, x);
  return *this;
}
statement& statement::bind(std::string_view x) {
  sqlite3_bind_text64(prepared_.get(), next_++, x.data() == nullptr ? "" : x.data(), x.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}
statement& statement::bind(byte_view x) {
  sqlite3_bind_blob64(prepared_.get(), next_++, x.data() == nullptr ? "" : static_cast<const void*>(x.data()), x.size(),
                      SQLITE_STATIC);
  return *this;
}
statement& statement::bind_null() {
  sqlite3_bind_null(prepared_.get(), next_++);
  return *this;
}

result<bool> statement::step() {
  const int code = sqlite3_step(prepared_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failed(on_, code);
}

result<> statement::run() {
  PG_TRY_VOID(step());
  begin();
  return {};
}

std::int64_t statement::integer(int column) const { return sqlite3_column_int64(prepared_.get(), column); }
double statement::real(int column) const { return sqlite3_column_double(prepared_.get(), column); }
std::string_view statement::text(int column) const { return as_text(blob(column)); }
byte_view statement::blob(int column) const {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(prepared_.get(), column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(prepared_.get(), column))};
}

result<connection> connection::open(const std::string& path, bool read_only) {
  sqlite3* raw = nullptr;
  const int flags =
      (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  connection out;
  out.on_.reset(raw);
  if (code != SQLITE_OK) return failed(raw, code);
  sqlite3_busy_timeout(raw, busy_ms);
  return out;
}

result<> connection::execute(const char* sql) {
  const int code = sqlite3_exec(on_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failed(on_.get(), code);
  return {};
}

result<statement> connection::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code =
      sqlite3_prepare_v3(on_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return failed(on_.get(), code);
  return statement(on_.get(), raw);
}

std::int64_t connection::last_row() const { return sqlite3_last_insert_rowid(on_.get()); }
std::int64_t connection::changes() const { return sqlite3_changes64(on_.get()); }

}  // namespace perigee::sqlite

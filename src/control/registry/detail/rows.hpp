#pragma once
// What the tables share: statements that are put to rest, and times as they are stored.

#include <string>
#include <string_view>

#include "base/time.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::control::registry::detail {

/// A statement while it is read; afterwards it is reset, for one that is not keeps the file's old pages alive.
class reading {
 public:
  explicit reading(sqlite::statement& of) : of_(of) { of_.begin(); }
  ~reading() { of_.begin(); }
  reading(const reading&) = delete;
  reading& operator=(const reading&) = delete;

  sqlite::statement* operator->() { return &of_; }
  sqlite::statement& operator*() { return of_; }

 private:
  sqlite::statement& of_;
};

[[nodiscard]] inline timestamp time_at(const sqlite::statement& row, int column) { return {row.integer(column)}; }
[[nodiscard]] inline std::string text_at(const sqlite::statement& row, int column) {
  return std::string(row.text(column));
}

/// The one number that a statement without parameters answers.
[[nodiscard]] inline result<std::int64_t> number_of(sqlite::statement& ask) {
  reading row(ask);
  PG_TRY(const bool there, row->step());
  return there ? row->integer(0) : 0;
}

}  // namespace perigee::control::registry::detail

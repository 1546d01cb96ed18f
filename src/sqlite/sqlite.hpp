#pragma once
// SQLite behind results: a connection, and statements prepared once.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace perigee::sqlite {

/// A prepared statement. Bind, then step; a reset comes with the next `begin`. Not longer than its connection.
class statement {
 public:
  statement() = default;
  statement(sqlite3* on, sqlite3_stmt* prepared) : on_(on), prepared_(prepared) {}

  /// Ready to bind and run anew.
  statement& begin();
  statement& bind(std::int64_t x);
  statement& bind(double x);
  /// The bytes must last until the statement is run.
  statement& bind(std::string_view x);
  statement& bind(byte_view x);
  statement& bind_null();

  /// True with a row to read, false at the end.
  [[nodiscard]] result<bool> step();
  /// Runs a statement that answers no rows.
  [[nodiscard]] result<> run();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  /// Lasts until the next step.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] byte_view blob(int column) const;

 private:
  struct finalize {
    void operator()(sqlite3_stmt* s) const;
  };
  sqlite3* on_ = nullptr;
  std::unique_ptr<sqlite3_stmt, finalize> prepared_;
  int next_ = 1;
};

/// One thread at a time.
class connection {
 public:
  static result<connection> open(const std::string& path, bool read_only);

  [[nodiscard]] result<> execute(const char* sql);
  [[nodiscard]] result<statement> prepare(std::string_view sql);
  /// The row that the last INSERT made.
  [[nodiscard]] std::int64_t last_row() const;
  /// Rows that the last statement changed.
  [[nodiscard]] std::int64_t changes() const;

 private:
  struct close {
    void operator()(sqlite3* on) const;
  };
  std::unique_ptr<sqlite3, close> on_;
};

}  // namespace perigee::sqlite

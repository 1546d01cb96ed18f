#pragma once
// Tables that messages are joined with: the rows of a CSV, or rows that rules write and that live for a while.

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/time.hpp"
#include "rules/detail/kept_value.hpp"
#include "rules/detail/keyed_list.hpp"

namespace perigee::rules::detail {

struct table_column {
  std::string name;
  value_type type = value_type::any;
  bool may_miss = true;  // some row has NULL there
};

/// Keys are compared as people write them, so that the number 7 of a payload finds the "7" of a CSV or of a topic.
/// Nothing for NULL and for what is over limits::rule_kept_text_bytes_max.
[[nodiscard]] std::optional<std::string_view> key_text(const value& key, scratch& texts);

/// The rows of a CSV. Only read once it is made; its texts are its own.
class file_rows {
 public:
  struct layout {
    std::string_view key;  // the column that tells rows apart
    char separator = ',';
  };
  struct contents;

  file_rows(const file_rows&) = delete;
  file_rows& operator=(const file_rows&) = delete;
  file_rows(file_rows&&) noexcept = default;
  file_rows& operator=(file_rows&&) noexcept = default;
  ~file_rows() = default;

  /// A column whose cells are all numbers is one of numbers, likewise true and false; an empty cell is NULL. P0234 for
  /// what is no table: no such key, two rows of one key, over limits::rule_table_rows_max or rule_table_cells_max.
  [[nodiscard]] static std::expected<contents, diagnostics> read(source_text csv, layout as);

  /// By the place of the columns; empty where there is no such row.
  [[nodiscard]] std::span<const value> find(std::string_view key) const;
  [[nodiscard]] std::size_t size() const { return by_key_.size(); }
  [[nodiscard]] std::size_t bytes() const;

 private:
  class reading;

  file_rows() = default;

  std::size_t width_ = 0;
  std::vector<char> texts_;    // never grows once views into it are taken
  std::vector<value> values_;  // row by row
  std::unordered_map<std::string_view, std::uint32_t> by_key_;
};

struct file_rows::contents {
  std::vector<table_column> columns;
  file_rows rows;
};

/// The rows that rules write. Owned by the engine. A row lives for `ttl` from when it was written last; where there is
/// no room the one that was asked for longest ago goes first.
class kept_rows {
 public:
  kept_rows(std::size_t columns, std::chrono::nanoseconds ttl, state_budget& budget)
      : columns_(columns), ttl_(ttl), rows_(budget) {}

  void put(std::string_view key, std::span<const value> values, timestamp now);
  /// By the place of the columns, until the next call; empty where there is no such row, or not any more.
  [[nodiscard]] std::span<const kept_value> find(std::string_view key, timestamp now);

  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] std::size_t bytes() const { return rows_.bytes(); }
  [[nodiscard]] std::uint64_t evicted() const { return rows_.evicted(); }

  void encode(byte_writer& to) const;
  /// Into a fresh one. Fails the reader on what is none.
  void decode(byte_reader& from);

 private:
  struct row : keyed_entry {
    timestamp written{};
    std::vector<kept_value> values;
  };
  [[nodiscard]] bool is_over(const row& r, timestamp now) const { return r.written <= now - ttl_; }
  void recharge(row& r);

  std::size_t columns_;
  std::chrono::nanoseconds ttl_;
  keyed_list<row> rows_;
};

}  // namespace perigee::rules::detail

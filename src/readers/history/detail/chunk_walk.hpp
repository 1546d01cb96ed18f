#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "readers/history/detail/series_writer.hpp"
#include "readers/history/store.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::readers::history::detail {

/// What the chunks span that touch a range.
struct extent {
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;
  std::uint64_t readings = 0;
};
/// nullopt where no chunk of the series touches from <= time < to.
[[nodiscard]] result<std::optional<extent>> extent_of(sqlite::connection& db, series_id of, timestamp from,
                                                      timestamp to);

/// The chunks of a series that touch from <= time < to, one after the other; what they say comes from the index alone
/// (`chunk_by_time`), and their blocks are read where they are asked for. Lives for one question.
class chunk_walk {
 public:
  enum class order : std::uint8_t { as_found, stored_first, stored_last_first, earliest_first };

  static result<chunk_walk> open(sqlite::connection& db, const patience& within, series_id of, timestamp from,
                                 timestamp to, order by);

  /// False at the end; errc::timed_out where the patience is over.
  [[nodiscard]] result<bool> next();

  /// Chunks of a higher number were begun later.
  [[nodiscard]] std::int64_t number() const { return list_.integer(0); }
  [[nodiscard]] timestamp first() const { return {list_.integer(1)}; }
  [[nodiscard]] timestamp last() const { return {list_.integer(2)}; }
  /// Without the time of the last number.
  [[nodiscard]] chunk_summary summary() const;
  /// Lasts until the next call of `block` or `next`.
  [[nodiscard]] result<byte_view> block();

 private:
  chunk_walk(const patience& within, sqlite::statement list, sqlite::statement read)
      : within_(within), list_(std::move(list)), read_(std::move(read)) {}

  const patience& within_;
  sqlite::statement list_;
  sqlite::statement read_;
};

}  // namespace perigee::readers::history::detail

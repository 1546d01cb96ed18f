#pragma once

#include "base/limits.hpp"
#include "model/gap.hpp"
#include "model/payload.hpp"
#include "model/record_batch.hpp"
#include "readers/history/detail/accounts.hpp"
#include "readers/history/detail/births.hpp"
#include "readers/history/detail/parts.hpp"
#include "readers/history/detail/series_writer.hpp"
#include "readers/history/store.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::readers::history {

struct store::state {
  state(store_options chosen, sqlite::connection db) : options(std::move(chosen)), database(std::move(db)) {}

  store_options options;
  sqlite::connection database;
  detail::series_writer writer;
  detail::series_writer own{limits::history_own_series_max};  // of the node's metrics
  timestamp own_kept_since{};                                 // the oldest that is not written
  std::shared_ptr<const own_tail> own_seen;                   // what of them is not in the file; may be null
  patience within{};                                          // of whoever asks
  detail::accounts devices;
  detail::part_table parts;
  detail::birth_table births;
  sqlite::statement read_cursor;
  sqlite::statement write_cursor;
  sqlite::statement insert_gap;
  sqlite::statement add_total;
  model::batch_opener opener;
  model::payload_decoder payloads;
  model::chunk_decoder chunks;
  bool in_transaction = false;
  std::int64_t readings_to_skip = 0;  // of the message being tried again: they are stored

  /// How far a block has come.
  struct progress {
    std::uint64_t messages = 0;
    std::uint64_t readings = 0;
  };

  result<> prepare();
  result<log_offset> position(model::lane l);
  result<> begin();
  result<> commit();
  void roll_back();
  result<applied> stage(const record_block& block);

  /// One record of the journal, with all that is in it.
  result<> take(log_offset at, const model::record_view& r, applied& done);
  /// Why the record cannot be read, where it cannot; an error only for the file's own troubles.
  result<const char*> read(const model::origin& here, log_offset at, const model::record_view& r, applied& done);
  result<> take_message(const model::origin& from, const model::record_view& m, applied& done);
  result<> take_readings(const model::origin& from, const model::record_view& m, applied& done);
  result<> take_gap(const model::origin& from, const model::record_view& m);
  /// `before` is what was done before the record.
  result<> set_aside(const model::origin& from, log_offset at, const model::record_view& r, const char* reason,
                     const progress& before, applied& done);
  result<> take_again(const model::origin& from, const model::record_view& r, applied& done);
  result<> total(std::string_view name, std::uint64_t more);
  result<> keep_own(timestamp at, std::span<const own_sample> samples);
  /// Brings own_seen up to date.
  void show_own();
  /// Null where all of the series is in the file.
  [[nodiscard]] const own_columns* own_kept_of(series_id s) const;
  /// `work` in a transaction of its own; after an error nothing of the node's metrics is known any more.
  result<> change_own(function_ref<result<>()> work);
  /// Writes what is kept of the node's metrics and forgets their open chunks, where one of those is about to be
  /// removed.
  result<> let_go_of_own(timestamp oldest);
};

}  // namespace perigee::readers::history

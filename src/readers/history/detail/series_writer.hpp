#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "base/limits.hpp"
#include "model/chunk.hpp"
#include "model/reading.hpp"
#include "readers/history/detail/text_hash.hpp"
#include "readers/history/store.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::readers::history::detail {

/// What a chunk says about its rows without being opened.
struct chunk_summary {
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;
  std::int64_t count = 0;
  std::int64_t numbers = 0;
  double min = 0;
  double max = 0;
  double sum = 0;
  double last = 0;  // of the latest number by time
  std::int64_t last_number_ns = 0;

  void add(const model::chunk_row& row);
};

/// Puts readings behind what their series have: each series has at most one open chunk, which is rewritten until it is
/// full. Inside its owner's transaction; owned by the store.
class series_writer {
 public:
  explicit series_writer(std::size_t series_max = limits::history_series_max) : series_max_(series_max) {}

  [[nodiscard]] result<> open(sqlite::connection& db);

  /// Keeps the reading of that sender for the next flush, which comes by itself before too many are kept. errc::full:
  /// no room for one more series.
  [[nodiscard]] result<> add(std::string_view node, const model::reading_view& r, std::string_view source = {});
  /// Writes what is kept.
  [[nodiscard]] result<> flush();
  /// From now on: for take_newest.
  void collect_newest() { collects_newest_ = true; }
  /// Where the series stand that were written since the last call.
  [[nodiscard]] std::vector<newest_value> take_newest() { return std::exchange(newest_, {}); }
  /// Forgets what is kept and what is known of the file: after a rollback, and after chunks were removed.
  void forget();
  /// What is kept and not yet written, series by series, each in the order it came.
  void for_each_kept(function_ref<void(series_id, const model::chunk_row&)> each) const;
  [[nodiscard]] bool keeps_any() const { return !rows_.empty(); }

 private:
  struct row {
    timestamp time;
    model::value value;
    model::quality quality;
    std::uint32_t next;  // in rows_, of the same series
  };
  struct entry {
    std::int64_t id = 0;
    std::int64_t open_chunk = 0;  // 0: none
    std::uint32_t first = 0;      // in rows_
    std::uint32_t last = 0;
    bool touched = false;
    std::shared_ptr<const series_names> names{};
    std::shared_ptr<const std::string> source{};  // of its newest reading
  };

  result<entry*> entry_of(std::string_view node, std::string_view device, std::string_view metric);
  result<entry> load(std::string_view node, std::string_view device, std::string_view metric);
  result<> write(entry& of);
  result<> reopen(entry& of);
  result<> decode_open(byte_view block);
  result<> put(entry& of, const model::chunk_row& r);
  result<> store_chunk(entry& of, bool open);

  std::size_t series_max_;
  sqlite::connection* db_ = nullptr;
  sqlite::statement find_series_;
  sqlite::statement add_series_;
  sqlite::statement find_open_;
  sqlite::statement read_block_;
  sqlite::statement insert_chunk_;
  sqlite::statement update_chunk_;
  sqlite::statement close_chunk_;
  model::chunk_encoder encoder_;
  model::chunk_decoder decoder_;
  chunk_summary summary_;
  byte_buffer block_;
  std::string key_;
  std::unordered_map<std::string, entry, text_hash, std::equal_to<>> entries_;
  std::vector<entry*> touched_;
  std::vector<row> rows_;
  bool collects_newest_ = false;
  std::vector<newest_value> newest_;
};

}  // namespace perigee::readers::history::detail

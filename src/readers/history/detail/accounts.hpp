#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.hpp"
#include "base/id.hpp"
#include "readers/history/detail/text_hash.hpp"
#include "readers/history/sequence_account.hpp"
#include "sqlite/sqlite.hpp"

namespace perigee::readers::history::detail {

/// The accounts of all stamped devices, read from the file when first asked for. Inside its owner's transaction; owned
/// by the store.
class accounts {
 public:
  [[nodiscard]] result<> open(sqlite::connection& db);

  [[nodiscard]] result<sequence_account::verdict> add(std::string_view source, perigee::epoch e, perigee::sequence s);
  /// Writes what has changed.
  [[nodiscard]] result<> flush();
  /// Forgets what is known of the file: after a rollback.
  void forget();

 private:
  struct entry {
    std::string source;
    perigee::epoch epoch;
    sequence_account account;
    bool touched = false;
  };
  result<entry> load(std::string_view source, perigee::epoch e);

  sqlite::statement read_;
  sqlite::statement write_;
  std::string key_;
  std::unordered_map<std::string, entry, text_hash, std::equal_to<>> entries_;
  std::vector<entry*> touched_;
  byte_buffer state_;
};

}  // namespace perigee::readers::history::detail

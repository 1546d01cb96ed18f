#pragma once

#include <map>
#include <utility>
#include <vector>

#include "quarantine/detail/frame.hpp"

namespace perigee::quarantine::detail {

/// Where a frame stands in the file.
struct place {
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
};

struct shelf {
  entry what;
  place where;  // of the frame that holds the record, once durable
  bool durable = false;
};

/// A gap record that has to be appended to the journal, exactly once: its number is its stamp there.
struct owed_gap {
  timestamp time;
  byte_buffer payload;
  model::lane lane = model::lane::bulk;
  bool durable = false;
  bool tried = false;   // it may be in the journal: what it says is final
  log_offset wait_for;  // appended: it is there when the lane is committed up to here
};

/// What is set aside and what is owed, as the frames of the file say. Synchronous, without IO. Owned by the quarantine.
class book {
 public:
  /// What a frame says happens. One that was read from the file is durable.
  result<> apply(std::uint8_t kind, byte_view body, place at, bool durable);

  [[nodiscard]] const std::map<std::uint64_t, shelf>& all() const { return all_; }
  [[nodiscard]] shelf* find(std::uint64_t number);
  [[nodiscard]] bool has(const identity& who) const { return numbers_.contains(who); }
  [[nodiscard]] std::map<std::uint64_t, owed_gap>& owed() { return owed_; }
  [[nodiscard]] const std::map<std::uint64_t, owed_gap>& owed() const { return owed_; }
  /// The one of a lane that can still say more; null where there is none.
  [[nodiscard]] std::pair<const std::uint64_t, owed_gap>* untried(model::lane l);
  /// Of the frames that hold the records.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// The oldest that have to go, so that what stays is within limits.hpp.
  [[nodiscard]] std::vector<std::uint64_t> over_the_bound() const;

  void remove(std::uint64_t number);

  file_header head;

 private:
  std::map<std::uint64_t, shelf> all_;
  std::map<identity, std::uint64_t> numbers_;
  std::map<std::uint64_t, owed_gap> owed_;
  std::uint64_t bytes_ = 0;
};

}  // namespace perigee::quarantine::detail

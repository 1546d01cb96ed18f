#pragma once
// One column of byte strings: each distinct one once, then which one stands where.

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "model/detail/integers.hpp"
#include "model/detail/interner.hpp"
#include "model/detail/zstd.hpp"

namespace perigee::model::detail {

/// Collects a column. Owner: one encoder.
class text_writer {
 public:
  text_writer(squeezer& with, integer_writer& integers) : squeezer_(with), integers_(integers) {}

  void add(std::string_view text) { which_.push_back(dictionary_.intern(text)); }

  [[nodiscard]] std::size_t size() const { return which_.size(); }
  /// Appends the column and starts anew.
  void write(byte_buffer& out);

 private:
  squeezer& squeezer_;
  integer_writer& integers_;
  interner dictionary_;
  std::vector<std::int64_t> which_;
  std::vector<std::int64_t> sizes_;
  byte_buffer joined_;
};

class text_reader {
 public:
  text_reader(unsqueezer& with, integer_reader& integers) : unsqueezer_(with), integers_(integers) {}
  /// As integer_reader::read; the strings live in `in` or in this reader until its next read. `bytes_max` bounds the
  /// distinct strings together.
  bool read(byte_reader& in, std::size_t count, std::size_t bytes_max, std::vector<byte_view>& column);

 private:
  unsqueezer& unsqueezer_;
  integer_reader& integers_;
  byte_buffer joined_;
  std::vector<std::int64_t> numbers_;
  std::vector<byte_view> dictionary_;
};

}  // namespace perigee::model::detail

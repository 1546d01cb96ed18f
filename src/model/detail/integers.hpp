#pragma once
// One column of whole numbers. A line (start + period) costs three bytes whatever its length; anything else is divided
// by its common divisor, differenced 0 to 2 times, and packed to bits or written as varints under zstd, whichever is
// smaller.

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "model/detail/zstd.hpp"

namespace perigee::model::detail {

class integer_writer {
 public:
  explicit integer_writer(squeezer& with) : squeezer_(with) {}
  /// Appends the column. Its length is not written: the reader is told it.
  void write(std::span<const std::int64_t> column, byte_buffer& out);
  /// A column, not empty, of one number again and again.
  void write_same(std::int64_t number, byte_buffer& out);

 private:
  void reduce(std::span<const std::int64_t> column, byte_writer& to);
  unsigned difference();
  void pack(std::span<const std::uint64_t> residuals, std::uint8_t order, std::size_t mode_at, byte_buffer& out);

  squeezer& squeezer_;
  std::vector<std::uint64_t> reduced_;
  byte_buffer varints_;
  byte_buffer frame_;
};

class integer_reader {
 public:
  explicit integer_reader(unsqueezer& with) : unsqueezer_(with) {}
  /// Fills `column`, whose length has been checked against a limit. False, and `in` has failed, where the bytes are not
  /// a column of that length.
  bool read(byte_reader& in, std::span<std::int64_t> column);
  /// The same, making `column` that long first.
  bool read(byte_reader& in, std::size_t count, std::vector<std::int64_t>& column) {
    column.resize(count);
    return read(in, column);
  }

 private:
  bool read_residuals(byte_reader& in, std::uint8_t mode, std::span<std::uint64_t> into);

  unsqueezer& unsqueezer_;
  byte_buffer varints_;
};

}  // namespace perigee::model::detail

#pragma once
// One column of doubles. Most sensors have a decimal resolution: the column finds it (as ALP does: Afroozeh, Kuffo and
// Boncz, SIGMOD 2023), keeps whole numbers of that unit, and the few values that do not fit as they are.

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "model/detail/integers.hpp"
#include "model/detail/zstd.hpp"

namespace perigee::model::detail {

class double_writer {
 public:
  double_writer(squeezer& with, integer_writer& integers) : squeezer_(with), integers_(integers) {}
  void write(std::span<const double> column, byte_buffer& out);

 private:
  bool scale(std::span<const double> column, unsigned decimals);
  void write_planes(std::span<const double> column, byte_buffer& out);

  squeezer& squeezer_;
  integer_writer& integers_;
  std::vector<std::int64_t> scaled_;
  std::vector<std::int64_t> exception_at_;
  std::vector<std::int64_t> exception_bits_;
  byte_buffer planes_;
};

class double_reader {
 public:
  double_reader(unsqueezer& with, integer_reader& integers) : unsqueezer_(with), integers_(integers) {}
  /// As integer_reader::read.
  bool read(byte_reader& in, std::size_t count, std::vector<double>& column);

 private:
  bool read_scaled(byte_reader& in, std::vector<double>& column);
  bool read_planes(byte_reader& in, std::vector<double>& column);

  unsqueezer& unsqueezer_;
  integer_reader& integers_;
  std::vector<std::int64_t> scaled_;
  std::vector<std::int64_t> exception_at_;
  byte_buffer planes_;
};

}  // namespace perigee::model::detail

#include "model/detail/doubles.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace perigee::model::detail {
namespace {

enum mode : std::uint8_t { mode_scaled = 0, mode_planes = 1 };
constexpr unsigned decimals_max = 15;
constexpr std::array<double, decimals_max + 1> power_of_ten{1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                            1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
constexpr double exact_max = 0x1p53;  // above it not every whole number is a double
constexpr std::size_t double_bytes = 8;

/// The whole number n with n / 10^decimals the same double to the bit; false where there is none. The division of two
/// exact doubles rounds once, as parsing the decimal text does. NaN fails the first test, -0.0 the second.
bool scaled(double x, unsigned decimals, std::int64_t& n) {
  const auto y = x * power_of_ten[decimals];
  if (!(std::fabs(y) < exact_max)) return false;
  n = static_cast<std::int64_t>(y + std::copysign(0.5, y));
  return std::bit_cast<std::uint64_t>(static_cast<double>(n) / power_of_ten[decimals]) ==
         std::bit_cast<std::uint64_t>(x);
}

/// The resolution that costs least on a sample: a decimal more costs each value 3.3 bits, a value that does not fit
/// costs about 9 bytes.
unsigned find_decimals(std::span<const double> column) {
  constexpr std::size_t sample_size = 64;
  constexpr double bytes_per_decimal = 0.415;
  constexpr double bytes_per_exception = 9;
  std::array<unsigned, decimals_max + 1> fits{};
  std::int64_t n = 0;
  const auto stride = std::max<std::size_t>(column.size() / sample_size, 1);
  std::size_t sampled = 0;
  for (std::size_t i = 0; i < column.size(); i += stride, ++sampled) {
    unsigned decimals = 0;
    while (decimals <= decimals_max && !scaled(column[i], decimals, n)) ++decimals;
    if (decimals <= decimals_max) ++fits[decimals];
  }
  unsigned best = 0;
  double best_cost = INFINITY;
  std::size_t fitting = 0;
  for (unsigned decimals = 0; decimals <= decimals_max; ++decimals) {
    fitting += fits[decimals];
    const auto cost = static_cast<double>(sampled) * decimals * bytes_per_decimal +
                      static_cast<double>(sampled - fitting) * bytes_per_exception;
    if (cost < best_cost) {
      best_cost = cost;
      best = decimals;
    }
  }
  return best;
}

}  // namespace

void double_writer::write(std::span<const double> column, byte_buffer& out) {
  if (column.empty()) return;
  const auto decimals = find_decimals(column);
  if (!scale(column, decimals)) return write_planes(column, out);
  byte_writer to(out);
  to.u8(mode_scaled);
  to.u8(static_cast<std::uint8_t>(decimals));
  integers_.write(scaled_, out);
  to.varint(exception_at_.size());
  integers_.write(exception_at_, out);
  integers_.write(exception_bits_, out);
}

/// False where so many values do not fit that the column is better kept as it is.
bool double_writer::scale(std::span<const double> column, unsigned decimals) {
  exception_at_.clear();
  exception_bits_.clear();
  scaled_.resize(column.size());
  const auto exceptions_max = column.size() / 4 + 1;
  std::int64_t before = 0;
  for (std::size_t i = 0; i < column.size(); ++i) {
    std::int64_t n = 0;
    if (!scaled(column[i], decimals, n)) {
      if (exception_at_.size() == exceptions_max) return false;
      exception_at_.push_back(static_cast<std::int64_t>(i));
      exception_bits_.push_back(std::bit_cast<std::int64_t>(column[i]));
      n = before;  // what costs least in its place
    }
    scaled_[i] = before = n;
  }
  return true;
}

/// All first bytes, all second bytes, ...: the upper ones, of sign and exponent, repeat and compress.
void double_writer::write_planes(std::span<const double> column, byte_buffer& out) {
  planes_.resize(column.size() * double_bytes);
  for (std::size_t i = 0; i < column.size(); ++i) {
    const auto bytes = std::bit_cast<std::array<std::uint8_t, double_bytes>>(column[i]);
    for (std::size_t b = 0; b < double_bytes; ++b) planes_[b * column.size() + i] = bytes[b];
  }
  byte_writer(out).u8(mode_planes);
  squeezer_.section(planes_, out);
}

bool double_reader::read(byte_reader& in, std::size_t count, std::vector<double>& column) {
  column.resize(count);
  if (count == 0) return in.ok();
  switch (in.u8()) {
    case mode_scaled: return read_scaled(in, column);
    case mode_planes: return read_planes(in, column);
    default: in.fail(); return false;
  }
}

bool double_reader::read_scaled(byte_reader& in, std::vector<double>& column) {
  const auto decimals = in.u8();
  if (decimals > decimals_max) in.fail();
  if (!in.ok() || !integers_.read(in, column.size(), scaled_)) return false;
  const auto unit = power_of_ten[decimals];
  for (std::size_t i = 0; i < column.size(); ++i) column[i] = static_cast<double>(scaled_[i]) / unit;
  const auto exceptions = in.varint();
  if (exceptions > column.size()) in.fail();
  if (!in.ok() || !integers_.read(in, static_cast<std::size_t>(exceptions), exception_at_)) return false;
  if (!integers_.read(in, static_cast<std::size_t>(exceptions), scaled_)) return false;
  for (std::size_t i = 0; i < exception_at_.size(); ++i) {
    const auto at = static_cast<std::uint64_t>(exception_at_[i]);
    if (at >= column.size()) {
      in.fail();
      return false;
    }
    column[at] = std::bit_cast<double>(scaled_[i]);
  }
  return true;
}

bool double_reader::read_planes(byte_reader& in, std::vector<double>& column) {
  const auto planes = unsqueezer_.section(in, column.size() * double_bytes, planes_);
  if (planes.size() != column.size() * double_bytes) in.fail();
  if (!in.ok()) return false;
  for (std::size_t i = 0; i < column.size(); ++i) {
    std::array<std::uint8_t, double_bytes> bytes;
    for (std::size_t b = 0; b < double_bytes; ++b) bytes[b] = planes[b * column.size() + i];
    column[i] = std::bit_cast<double>(bytes);
  }
  return true;
}

}  // namespace perigee::model::detail

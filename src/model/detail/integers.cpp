#include "model/detail/integers.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "model/detail/bits.hpp"

namespace perigee::model::detail {
namespace {

// The mode byte: how the residuals stand, and in bits 2 and 3 how often the column was differenced.
enum mode : std::uint8_t {
  mode_line = 0,
  mode_bits = 1,
  mode_varints = 2,
  mode_zstd = 3,
  layout_mask = 3,
  order_shift = 2
};
constexpr unsigned order_max = 2;
constexpr std::size_t varint_bytes_max = 10;

// Differences wrap, so that any two 64-bit numbers have one.
std::uint64_t wrapped(std::int64_t x) { return static_cast<std::uint64_t>(x); }
std::uint64_t folded(std::uint64_t difference) { return zigzag(static_cast<std::int64_t>(difference)); }
std::uint64_t unfolded(std::uint64_t x) { return wrapped(unzigzag(x)); }

bool is_line(std::span<const std::int64_t> column) {
  if (column.size() < 3) return true;
  const auto step = wrapped(column[1]) - wrapped(column[0]);
  for (std::size_t i = 2; i < column.size(); ++i) {
    if (wrapped(column[i]) - wrapped(column[i - 1]) != step) return false;
  }
  return true;
}

void write_line(std::int64_t start, std::int64_t step, byte_writer& to) {
  to.u8(mode_line);
  to.signed_varint(start);
  to.signed_varint(step);
}

/// Bits of a number less one, with 0 counted as 1: what a comparison of sums needs, in one instruction.
std::size_t bits_below(std::uint64_t x) { return static_cast<std::size_t>(63 - std::countl_zero(x | 1)); }

/// Writes the numbers as varints to the front of `to`, which has room for them; how many bytes they take.
std::size_t put_varints(std::span<const std::uint64_t> numbers, byte_span to) {
  auto* at = to.data();
  for (auto x : numbers) {
    for (; x >= 0x80; x >>= 7) *at++ = static_cast<std::uint8_t>(x | 0x80);
    *at++ = static_cast<std::uint8_t>(x);
  }
  return static_cast<std::size_t>(at - to.data());
}

/// Reads varints, nearly all of which are of one byte, past what byte_reader would check for each; false where they do
/// not fill `into` to the last byte.
bool take_varints(byte_view from, std::span<std::uint64_t> into) {
  std::size_t at = 0;
  for (auto& x : into) {
    if (at == from.size()) return false;
    x = from[at];
    if (x < 0x80) {
      ++at;
      continue;
    }
    byte_reader long_one(from.subspan(at));
    x = long_one.varint();
    if (!long_one.ok()) return false;
    at = from.size() - long_one.remaining();
  }
  return at == from.size();
}

/// Undoes `order` differencings and the reduction, in one pass where it can.
void restore(std::span<std::uint64_t> x, std::size_t order, std::uint64_t divisor, std::uint64_t start) {
  if (order == 2) {
    auto slope = x[1];
    for (std::size_t i = 2; i < x.size(); ++i) x[i] = slope += unfolded(x[i]);
  } else {
    for (std::size_t i = order; order == 1 && i < x.size(); ++i) x[i] = unfolded(x[i]);
  }
  std::uint64_t sum = 0;
  for (auto& y : x) {
    sum = order == 0 ? y : sum + y;
    y = sum * divisor + start;
  }
}

/// What divides every number: a clock that ticks in milliseconds gives 1,000,000 for its nanoseconds.
std::uint64_t common_divisor(std::span<const std::int64_t> column, std::int64_t base) {
  std::uint64_t divisor = 0;
  for (const auto x : column) {
    const auto above = wrapped(x) - wrapped(base);
    if (divisor != 0 && above % divisor == 0) continue;
    divisor = std::gcd(divisor, above);
    if (divisor == 1) break;
  }
  return std::max<std::uint64_t>(divisor, 1);
}

}  // namespace

void integer_writer::write_same(std::int64_t number, byte_buffer& out) {
  byte_writer to(out);
  write_line(number, 0, to);
}

void integer_writer::write(std::span<const std::int64_t> column, byte_buffer& out) {
  if (column.empty()) return;
  byte_writer to(out);
  if (is_line(column)) {
    const auto step = column.size() < 2 ? 0 : wrapped(column[1]) - wrapped(column[0]);
    return write_line(column[0], static_cast<std::int64_t>(step), to);
  }
  const auto mode_at = out.size();
  to.u8(0);
  reduce(column, to);
  const auto order = difference();
  std::span<const std::uint64_t> residuals = reduced_;
  for (unsigned i = 0; i < order; ++i) to.varint(residuals[i]);
  pack(residuals.subspan(order), static_cast<std::uint8_t>(order << order_shift), mode_at, out);
}

/// Base and divisor go out; what is left stands in reduced_.
void integer_writer::reduce(std::span<const std::int64_t> column, byte_writer& to) {
  const auto base = *std::ranges::min_element(column);
  const auto divisor = common_divisor(column, base);
  to.signed_varint(base);
  to.varint(divisor);
  reduced_.resize(column.size());
  for (std::size_t i = 0; i < column.size(); ++i) reduced_[i] = wrapped(column[i]) - wrapped(base);
  if (divisor == 1) return;
  for (auto& x : reduced_) x /= divisor;
}

/// Differences reduced_ as often as makes it smallest, counted in bits, and says how often. Residuals of one and two
/// differences are folded (zigzag), their first one or two numbers are not residuals and stay whole.
unsigned integer_writer::difference() {
  std::array<std::size_t, order_max + 1> bits{};
  std::uint64_t x1 = 0;
  std::uint64_t d1 = 0;
  for (const auto x : reduced_) {
    const auto d = x - x1;
    bits[0] += bits_below(x);
    bits[1] += bits_below(folded(d));
    bits[2] += bits_below(folded(d - d1));
    x1 = x;
    d1 = d;
  }
  const auto order = static_cast<unsigned>(std::ranges::min_element(bits) - bits.begin());
  for (unsigned pass = 0; pass < order; ++pass) {
    for (auto i = reduced_.size() - 1; i > pass; --i) reduced_[i] -= reduced_[i - 1];
  }
  for (std::size_t i = order; order > 0 && i < reduced_.size(); ++i) reduced_[i] = folded(reduced_[i]);
  return order;
}

void integer_writer::pack(std::span<const std::uint64_t> residuals, std::uint8_t order, std::size_t mode_at,
                          byte_buffer& out) {
  // Never shrunk, since making room again would clear it.
  if (varints_.size() < residuals.size() * varint_bytes_max) varints_.resize(residuals.size() * varint_bytes_max);
  const auto varints = byte_view(varints_).first(put_varints(residuals, varints_));
  const auto bits_size = packed_size(residuals);
  const auto plain_size = std::min(bits_size, varints.size());
  frame_.clear();
  auto layout = bits_size < varints.size() ? mode_bits : mode_varints;
  if (plain_size > 2 && squeezer_.squeeze(squeezer::content::numbers, varints, plain_size - 2, frame_))
    layout = mode_zstd;
  out[mode_at] = static_cast<std::uint8_t>(layout | order);
  byte_writer body(out);
  if (layout == mode_bits) return pack_bits(residuals, out);
  if (layout == mode_varints) return body.bytes(varints);
  body.varint(varints.size());
  body.sized(byte_view(frame_));
}

bool integer_reader::read(byte_reader& in, std::span<std::int64_t> column) {
  const auto count = column.size();
  if (count == 0) return in.ok();
  const auto mode = in.u8();
  const auto order = static_cast<std::size_t>(mode) >> order_shift;
  const auto start = in.signed_varint();
  if (mode == mode_line) {
    const auto step = wrapped(in.signed_varint());
    if (step == 0) std::ranges::fill(column, start);
    for (std::size_t i = 0; step != 0 && i < count; ++i)
      column[i] = static_cast<std::int64_t>(wrapped(start) + step * i);
    return in.ok();
  }
  const auto divisor = in.varint();
  if (order > order_max || order > count || (mode & layout_mask) == mode_line) in.fail();
  // The residuals are written over in place: signed and unsigned of one type may alias.
  const std::span<std::uint64_t> x(reinterpret_cast<std::uint64_t*>(column.data()), count);
  for (std::size_t i = 0; in.ok() && i < order; ++i) x[i] = in.varint();
  if (!in.ok() || !read_residuals(in, mode, x.subspan(order))) return false;
  restore(x, order, divisor, wrapped(start));
  return true;
}

bool integer_reader::read_residuals(byte_reader& in, std::uint8_t mode, std::span<std::uint64_t> into) {
  switch (mode & layout_mask) {
    case mode_bits: unpack_bits(in, into); return in.ok();
    case mode_varints:
      for (auto& x : into) x = in.varint();
      return in.ok();
    default: break;
  }
  const auto size = in.varint();
  const auto frame = in.sized();
  const bool plausible = in.ok() && size <= into.size() * varint_bytes_max;
  if (!plausible || !unsqueezer_.unsqueeze(frame, static_cast<std::size_t>(size), varints_)) {
    in.fail();
    return false;
  }
  if (!take_varints(varints_, into)) in.fail();
  return in.ok();
}

}  // namespace perigee::model::detail

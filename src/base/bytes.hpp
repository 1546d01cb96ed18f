#pragma once
// Bytes from outside and for outside: views, and a bounds-checked reader and writer. Integers are little-endian unless
// a name says otherwise.

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace perigee {

using byte_view = std::span<const std::uint8_t>;
using byte_span = std::span<std::uint8_t>;
using byte_buffer = std::vector<std::uint8_t>;

[[nodiscard]] inline byte_view as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(byte_view bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline byte_buffer to_buffer(byte_view bytes) { return {bytes.begin(), bytes.end()}; }

static_assert(std::endian::native == std::endian::little, "stored integers are little-endian and copied as they are");

constexpr std::uint64_t zigzag(std::int64_t x) {
  return (static_cast<std::uint64_t>(x) << 1) ^ static_cast<std::uint64_t>(x >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t x) {
  return static_cast<std::int64_t>(x >> 1) ^ -static_cast<std::int64_t>(x & 1);
}

/// Appends to a caller's buffer.
class byte_writer {
 public:
  explicit byte_writer(byte_buffer& out) : out_(out) {}

  void u8(std::uint8_t x) { out_.push_back(x); }
  void u16(std::uint16_t x) { raw(x); }
  void u32(std::uint32_t x) { raw(x); }
  void u64(std::uint64_t x) { raw(x); }
  void f64(double x) { raw(std::bit_cast<std::uint64_t>(x)); }
  /// LEB128, 1 to 10 bytes.
  void varint(std::uint64_t x) {
    while (x >= 0x80) {
      out_.push_back(static_cast<std::uint8_t>(x | 0x80));
      x >>= 7;
    }
    out_.push_back(static_cast<std::uint8_t>(x));
  }
  void signed_varint(std::int64_t x) { varint(zigzag(x)); }
  void bytes(byte_view x) { out_.insert(out_.end(), x.begin(), x.end()); }
  /// A varint length, then the bytes.
  void sized(byte_view x) {
    varint(x.size());
    bytes(x);
  }
  void sized(std::string_view x) { sized(as_bytes(x)); }

 private:
  template <class T>
  void raw(T x) {
    std::uint8_t copy[sizeof(T)];
    std::memcpy(copy, &x, sizeof(T));
    out_.insert(out_.end(), copy, copy + sizeof(T));
  }

  byte_buffer& out_;
};

/// Reads hostile bytes: past the end every read gives zero or empty and `ok()` turns false, so that a decoder checks
/// once at the end. Views point into the input.
class byte_reader {
 public:
  explicit byte_reader(byte_view in) : in_(in) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool done() const { return in_.empty(); }
  [[nodiscard]] std::size_t remaining() const { return in_.size(); }

  std::uint8_t u8() { return raw<std::uint8_t>(); }
  std::uint16_t u16() { return raw<std::uint16_t>(); }
  std::uint32_t u32() { return raw<std::uint32_t>(); }
  std::uint64_t u64() { return raw<std::uint64_t>(); }
  double f64() { return std::bit_cast<double>(raw<std::uint64_t>()); }
  std::uint64_t varint() {
    std::uint64_t x = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      const std::uint8_t b = u8();
      if (!ok_ || (shift == 63 && b > 1)) break;
      x |= static_cast<std::uint64_t>(b & 0x7f) << shift;
      if (b < 0x80) return x;
    }
    fail();
    return 0;
  }
  std::int64_t signed_varint() { return unzigzag(varint()); }
  byte_view bytes(std::size_t n) {
    if (n > in_.size()) {
      fail();
      return {};
    }
    const auto out = in_.first(n);
    in_ = in_.subspan(n);
    return out;
  }
  byte_view sized() {
    const auto n = varint();
    return bytes(ok_ ? static_cast<std::size_t>(n) : 0);
  }
  std::string_view sized_text() { return as_text(sized()); }
  void fail() {
    ok_ = false;
    in_ = {};
  }

 private:
  template <class T>
  T raw() {
    T x{};
    if (in_.size() < sizeof(T)) {
      fail();
      return x;
    }
    std::memcpy(&x, in_.data(), sizeof(T));
    in_ = in_.subspan(sizeof(T));
    return x;
  }

  byte_view in_;
  bool ok_ = true;
};

}  // namespace perigee

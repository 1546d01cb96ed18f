#pragma once
// The data types of MQTT 5 (1.5): big-endian integers, strings with a two-byte length, variable byte integers.

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace perigee::wire::mqtt::detail {

inline constexpr std::uint32_t varint_max = 268'435'455;  // MQTT5 1.5.5

constexpr std::size_t varint_bytes(std::uint32_t x) {
  return x < 0x80 ? 1U : x < 0x4000 ? 2U : x < 0x20'0000 ? 3U : 4U;
}

/// Reads hostile bytes: past the end every read gives zero or empty and `ok()` turns false. Views point into the input.
class wire_reader {
 public:
  explicit wire_reader(byte_view in) : in_(in) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool done() const { return in_.empty(); }
  [[nodiscard]] byte_view rest() const { return in_; }
  /// Everything read and nothing left.
  [[nodiscard]] bool exhausted() const { return ok_ && in_.empty(); }

  std::uint8_t u8() {
    const auto b = bytes(1);
    return b.empty() ? std::uint8_t{0} : b[0];
  }
  std::uint16_t u16() {
    const auto b = bytes(2);
    return b.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>((b[0] << 8) | b[1]);
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return (high << 16) | u16();
  }
  /// At most four bytes, and the fewest that hold the value (MQTT-1.5.5-1).
  std::uint32_t varint() {
    std::uint32_t x = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const std::uint8_t b = u8();
      x |= static_cast<std::uint32_t>(b & 0x7f) << (7 * i);
      if (b < 0x80) {
        if (i + 1 != varint_bytes(x)) fail();
        return ok_ ? x : 0;
      }
    }
    fail();
    return 0;
  }
  byte_view bytes(std::size_t n) {
    if (n > in_.size()) {
      fail();
      return {};
    }
    const auto out = in_.first(n);
    in_ = in_.subspan(n);
    return out;
  }
  byte_view binary() { return bytes(u16()); }
  std::string_view text() { return as_text(binary()); }
  void fail() {
    ok_ = false;
    in_ = {};
  }

 private:
  byte_view in_;
  bool ok_ = true;
};

/// Appends to a caller's buffer.
class wire_writer {
 public:
  explicit wire_writer(byte_buffer& out) : out_(out) {}

  void u8(std::uint8_t x) { out_.push_back(x); }
  void u16(std::uint16_t x) {
    const std::uint8_t b[] = {static_cast<std::uint8_t>(x >> 8), static_cast<std::uint8_t>(x)};
    bytes(b);
  }
  void u32(std::uint32_t x) {
    u16(static_cast<std::uint16_t>(x >> 16));
    u16(static_cast<std::uint16_t>(x));
  }
  void varint(std::uint32_t x) {
    for (; x >= 0x80; x >>= 7) u8(static_cast<std::uint8_t>(x | 0x80));
    u8(static_cast<std::uint8_t>(x));
  }
  void bytes(byte_view x) { out_.insert(out_.end(), x.begin(), x.end()); }
  void binary(byte_view x) {
    u16(static_cast<std::uint16_t>(x.size()));
    bytes(x);
  }
  void text(std::string_view x) { binary(as_bytes(x)); }

 private:
  byte_buffer& out_;
};

}  // namespace perigee::wire::mqtt::detail

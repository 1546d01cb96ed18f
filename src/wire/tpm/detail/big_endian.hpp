#pragma once
// Bytes as a TPM has them: big-endian, a TPM2B is 16 bits of size and its bytes (TPM 2.0 Part 2, 10.4).

#include <bit>
#include <cstdint>

#include "base/bytes.hpp"

namespace perigee::wire::tpm::detail {

/// As byte_reader: past the end everything is zero or empty, and `ok()` turns false.
class reader {
 public:
  explicit reader(byte_view in) : in_(in) {}

  [[nodiscard]] bool ok() const { return in_.ok(); }
  /// All was there, and nothing is left over.
  [[nodiscard]] bool ended_well() const { return in_.ok() && in_.done(); }
  [[nodiscard]] std::size_t remaining() const { return in_.remaining(); }
  void fail() { in_.fail(); }

  std::uint8_t u8() { return in_.u8(); }
  std::uint16_t u16() { return std::byteswap(in_.u16()); }
  std::uint32_t u32() { return std::byteswap(in_.u32()); }
  std::uint64_t u64() { return std::byteswap(in_.u64()); }
  byte_view bytes(std::size_t n) { return in_.bytes(n); }
  /// The bytes of a TPM2B.
  byte_view sized() { return in_.bytes(u16()); }
  byte_buffer sized_copy() { return to_buffer(sized()); }

 private:
  byte_reader in_;
};

/// Appends to a caller's buffer.
class writer {
 public:
  explicit writer(byte_buffer& out) : out_(out) {}

  void u8(std::uint8_t x) { out_.u8(x); }
  void u16(std::uint16_t x) { out_.u16(std::byteswap(x)); }
  void u32(std::uint32_t x) { out_.u32(std::byteswap(x)); }
  void u64(std::uint64_t x) { out_.u64(std::byteswap(x)); }
  void bytes(byte_view x) { out_.bytes(x); }
  /// A TPM2B, which has at most 65,535 bytes.
  void sized(byte_view x) {
    u16(static_cast<std::uint16_t>(x.size()));
    bytes(x);
  }

 private:
  byte_writer out_;
};

}  // namespace perigee::wire::tpm::detail

#pragma once
// The wire format of Protocol Buffers (protobuf.dev, "Encoding"): just what a Sparkplug payload needs.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/bytes.hpp"

namespace perigee::model::detail {

enum class wire_type : std::uint8_t { varint = 0, fixed64 = 1, length = 2, fixed32 = 5 };

/// One field. `number` holds a varint or a fixed value's bits; `bytes` what is length-delimited.
struct field {
  std::uint32_t id = 0;
  wire_type type = wire_type::varint;
  std::uint64_t number = 0;
  byte_view bytes{};

  [[nodiscard]] std::string_view text() const { return as_text(bytes); }
  [[nodiscard]] float as_float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(number)); }
  [[nodiscard]] double as_double() const { return std::bit_cast<double>(number); }
  [[nodiscard]] bool is(std::uint32_t wanted, wire_type as) const { return id == wanted && type == as; }
};

/// Walks the fields of one message; hostile bytes end it with `ok()` false. Unknown fields are for the caller to pass
/// over, as Protocol Buffers want it.
class field_reader {
 public:
  explicit field_reader(byte_view in) : rest_(in) {}

  [[nodiscard]] bool ok() const { return ok_; }
  bool next(field& out) {
    if (rest_.empty() || !ok_) return false;
    const auto key = varint();
    out = {.id = static_cast<std::uint32_t>(key >> 3), .type = static_cast<wire_type>(key & 7)};
    ok_ = ok_ && out.id != 0 && key >> 32 == 0;
    switch (out.type) {
      case wire_type::varint: out.number = varint(); break;
      case wire_type::fixed64: out.number = fixed(8); break;
      case wire_type::fixed32: out.number = fixed(4); break;
      case wire_type::length: out.bytes = take(varint()); break;
      default: ok_ = false;  // groups are long gone
    }
    return ok_;
  }

 private:
  std::uint64_t varint() {
    std::uint64_t x = 0;
    for (std::size_t i = 0; i < 10 && i < rest_.size(); ++i) {
      x |= static_cast<std::uint64_t>(rest_[i] & 0x7f) << (7 * i);
      if (rest_[i] < 0x80) {
        rest_ = rest_.subspan(i + 1);
        return x;
      }
    }
    ok_ = false;
    return 0;
  }
  std::uint64_t fixed(std::size_t n) {
    std::uint64_t x = 0;
    const auto from = take(n);
    for (std::size_t i = 0; i < from.size(); ++i) x |= static_cast<std::uint64_t>(from[i]) << (8 * i);
    return x;
  }
  byte_view take(std::uint64_t n) {
    if (!ok_ || n > rest_.size()) {
      ok_ = false;
      return {};
    }
    const auto out = rest_.first(static_cast<std::size_t>(n));
    rest_ = rest_.subspan(static_cast<std::size_t>(n));
    return out;
  }

  byte_view rest_;
  bool ok_ = true;
};

}  // namespace perigee::model::detail

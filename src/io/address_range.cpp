#include "io/address_range.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace perigee::io {
namespace {

constexpr unsigned mapped_bits = 96;

std::optional<address_range::address> parse_address(const std::string& text, bool& is_v4) {
  address_range::address out{};
  is_v4 = ::inet_pton(AF_INET, text.c_str(), &out[12]) == 1;
  if (is_v4) {
    out[10] = out[11] = 0xff;
    return out;
  }
  if (::inet_pton(AF_INET6, text.c_str(), out.data()) == 1) return out;
  return std::nullopt;
}

}  // namespace

std::optional<address_range> address_range::parse(std::string_view text) {
  const auto slash = text.find('/');
  bool is_v4 = false;
  const auto first = parse_address(std::string(text.substr(0, slash)), is_v4);
  if (!first) return std::nullopt;
  address_range out;
  out.first_ = *first;
  out.bits_ = 128;
  if (slash != std::string_view::npos) {
    const auto number = text.substr(slash + 1);
    const auto [rest, failed] = std::from_chars(number.data(), number.data() + number.size(), out.bits_);
    if (failed != std::errc() || rest != number.data() + number.size() || out.bits_ > (is_v4 ? 32U : 128U)) {
      return std::nullopt;
    }
    if (is_v4) out.bits_ += mapped_bits;
  }
  for (unsigned bit = out.bits_; bit < 128; ++bit) {
    if ((out.first_[bit / 8] & (0x80U >> (bit % 8))) != 0) return std::nullopt;
  }
  return out;
}

bool address_range::contains(const address& one) const {
  const auto whole = bits_ / 8;
  if (!std::equal(one.begin(), one.begin() + whole, first_.begin())) return false;
  const auto mask = static_cast<std::uint8_t>(0xff00U >> (bits_ % 8));
  return bits_ % 8 == 0 || (one[whole] & mask) == (first_[whole] & mask);
}

}  // namespace perigee::io

#include "crypto/base64.hpp"

namespace perigee::crypto {
namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr unsigned bits_of_digit = 6;
constexpr unsigned bits_of_byte = 8;
constexpr unsigned byte_mask = 0xff;
constexpr unsigned digit_mask = 0x3f;

}  // namespace

std::string to_base64(byte_view bytes, padding p) {
  std::string out;
  unsigned held = 0;
  unsigned bits = 0;
  for (const auto one : bytes) {
    held = held << bits_of_byte | one;
    for (bits += bits_of_byte; bits >= bits_of_digit;) {
      bits -= bits_of_digit;
      out += digits[held >> bits & digit_mask];
    }
    held &= (1U << bits) - 1;
  }
  if (bits != 0) out += digits[held << (bits_of_digit - bits) & digit_mask];
  while (p == padding::with && out.size() % 4 != 0) out += '=';
  return out;
}

result<byte_buffer> from_base64(std::string_view text, padding p) {
  byte_buffer out;
  unsigned held = 0;
  unsigned bits = 0;
  const auto meaningful = text.substr(0, text.find('='));
  for (const char c : meaningful) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) return fail(errc::malformed, "not base64");
    held = held << bits_of_digit | static_cast<unsigned>(digit);
    bits += bits_of_digit;
    if (bits < bits_of_byte) continue;
    bits -= bits_of_byte;
    out.push_back(static_cast<std::uint8_t>(held >> bits & byte_mask));
    held &= (1U << bits) - 1;
  }
  if (to_base64(out, p) != text) return fail(errc::malformed, "not base64 as RFC 4648 writes it");
  return out;
}

}  // namespace perigee::crypto

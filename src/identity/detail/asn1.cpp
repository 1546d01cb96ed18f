#include "identity/detail/asn1.hpp"

namespace perigee::identity::detail {
namespace {

constexpr int serial_bits_max = 159;
constexpr std::size_t serial_digits_max = 40;

}  // namespace

std::string to_hex(byte_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const auto b : bytes) {
    out += digits[b >> 4];
    out += digits[b & 15];
  }
  return out;
}

std::string serial_text(const ASN1_INTEGER* serial) {
  const crypto::number_ptr number(ASN1_INTEGER_to_BN(serial, nullptr));
  if (!number || BN_is_negative(number.get()) == 1 || BN_num_bits(number.get()) > serial_bits_max) return {};
  byte_buffer bytes(static_cast<std::size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), bytes.data());
  auto out = to_hex(bytes);
  if (out.starts_with('0')) out.erase(0, 1);
  return out.empty() ? "0" : out;
}

crypto::integer_ptr integer_of(const std::string& serial) {
  constexpr std::string_view digits = "0123456789abcdefABCDEF";
  const bool good =
      !serial.empty() && serial.size() <= serial_digits_max && serial.find_first_not_of(digits) == std::string::npos;
  BIGNUM* number = nullptr;
  if (!good || BN_hex2bn(&number, serial.c_str()) == 0) return nullptr;
  const crypto::number_ptr owned(number);
  return crypto::integer_ptr(BN_to_ASN1_INTEGER(number, nullptr));
}

crypto::time_ptr time_of(timestamp t) {
  return crypto::time_ptr(ASN1_TIME_set(nullptr, static_cast<std::time_t>(t.ns / 1'000'000'000)));
}

}  // namespace perigee::identity::detail

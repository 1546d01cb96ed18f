#include <array>

#include "crypto/base64.hpp"
#include "crypto/digest.hpp"
#include "rules/detail/functions.hpp"

namespace perigee::rules::detail {
namespace {

using namespace types;
using arguments = function::arguments;

value of_made(const evaluation& with, std::string_view text) {
  with.texts.begin();
  with.texts.put(text);
  return with.made();
}

template <crypto::digest_kind kind>
value hashed(const evaluation& with, arguments args) {
  return of_made(with, crypto::to_hex(crypto::digest(kind, as_bytes(args[0].text))));
}

/// CRC-32 as zlib and Ethernet have it (ISO 3309), bit by bit reflected.
constexpr auto crc_table = [] {
  std::array<std::uint32_t, 256> out{};
  for (std::uint32_t i = 0; i < out.size(); ++i) {
    auto crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320U : crc >> 1;
    out[i] = crc;
  }
  return out;
}();

value crc32(const evaluation& with, arguments args) {
  auto crc = ~0U;
  for (const auto byte : as_bytes(args[0].text)) crc = crc >> 8 ^ crc_table[(crc ^ byte) & 0xff];
  crc = ~crc;
  std::array<std::uint8_t, 4> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
  return of_made(with, crypto::to_hex(bytes));
}

struct base64_scheme : prepared {};

preparation scheme(arguments args) {
  if (args[1].text != "base64") return std::unexpected("the only encoding is 'base64'");
  return std::make_unique<base64_scheme>();
}

value encoded(const evaluation& with, arguments args, const prepared&) {
  with.texts.begin();
  put_plain(with.texts, args[0]);
  const auto plain = with.texts.take();
  if (!plain) return with.wrong();
  return of_made(with, crypto::to_base64(as_bytes(*plain), crypto::padding::with));
}

/// A JSON document can be looked into; anything else is a text.
value decoded(const evaluation& with, arguments args, const prepared&) {
  const auto bytes = crypto::from_base64(args[0].text, crypto::padding::with);
  if (!bytes) return with.wrong();
  const auto text = of_made(with, as_text(*bytes));
  if (text.is_null()) return text;
  const auto first = text.text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (text.text[first] != '{' && text.text[first] != '[')) return text;
  const auto document = with.json.parse(text.text, with.texts);
  return document.is_null() ? text : document;
}

constexpr std::array<value_type, 3> value_then_text{any, text, text};
constexpr std::uint8_t scheme_is_constant = 1U << 1;

constexpr auto table = std::to_array<function>({
    {"md5", "md5(text)", "in hexadecimal digits", 1, 1, texts, text, hashed<crypto::digest_kind::md5>},
    {"sha1", "sha1(text)", "in hexadecimal digits", 1, 1, texts, text, hashed<crypto::digest_kind::sha1>},
    {"sha224", "sha224(text)", "in hexadecimal digits", 1, 1, texts, text, hashed<crypto::digest_kind::sha224>},
    {"sha256", "sha256(text)", "in hexadecimal digits", 1, 1, texts, text, hashed<crypto::digest_kind::sha256>},
    {"sha384", "sha384(text)", "in hexadecimal digits", 1, 1, texts, text, hashed<crypto::digest_kind::sha384>},
    {"sha512", "sha512(text)", "in hexadecimal digits", 1, 1, texts, text, hashed<crypto::digest_kind::sha512>},
    {"crc32", "crc32(text)", "in hexadecimal digits", 1, 1, texts, text, crc32},
    {"encode", "encode(value, 'base64')", "a text as it is, anything else as JSON, in base64", 2, 2, value_then_text,
     text, nullptr, false, false, scheme_is_constant, scheme, encoded},
    {"decode", "decode(text, 'base64')", "what it was: an object or array where it is JSON, a text otherwise", 2, 2,
     texts, any, nullptr, false, false, scheme_is_constant, scheme, decoded},
});

}  // namespace

std::span<const function> hash_functions() { return table; }

}  // namespace perigee::rules::detail

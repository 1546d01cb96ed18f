#include "wire/proxy/header.hpp"

#include <algorithm>

#include "base/crc32c.hpp"
#include "base/limits.hpp"

namespace perigee::wire::proxy {
namespace {

// PROXY protocol 2.2.
constexpr std::array<std::uint8_t, 12> signature = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                                    0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
constexpr std::size_t command_at = 12;
constexpr std::size_t transport_at = 13;
constexpr std::size_t length_at = 14;
constexpr std::uint8_t local = 0;
constexpr std::uint8_t proxied = 1;
constexpr std::uint8_t stream = 1;
enum transport_family : std::uint8_t { af_unspec = 0, af_inet = 1, af_inet6 = 2, af_unix = 3 };

// PROXY protocol 2.2.1 and after: what may follow the addresses.
constexpr std::uint8_t type_crc32c = 0x03;
constexpr std::uint8_t type_ssl = 0x20;
constexpr std::uint8_t subtype_ssl_cn = 0x22;
constexpr std::uint8_t client_ssl = 0x01;
constexpr std::uint8_t client_certificate = 0x02 | 0x04;  // shown in this connection, or in the session it resumes
constexpr std::size_t ssl_fixed_bytes = 5;                // flags, and the result of the verification

constexpr std::uint16_t big_endian_16(byte_view at) { return static_cast<std::uint16_t>(at[0] << 8 | at[1]); }

struct tlv {
  std::uint8_t type = 0;
  byte_view value{};
};

/// Takes one off the front.
result<tlv> next(byte_view& rest) {
  constexpr std::size_t head = 3;
  if (rest.size() < head) return fail(errc::malformed, "a PROXY header ends within an extension");
  const std::size_t size = big_endian_16(rest.subspan(1));
  if (rest.size() - head < size) return fail(errc::malformed, "an extension of a PROXY header is longer than it");
  const tlv out{rest[0], rest.subspan(head, size)};
  rest = rest.subspan(head + size);
  return out;
}

result<> check_sum(byte_view whole, byte_view value) {
  if (value.size() != 4) return fail(errc::malformed, "the checksum of a PROXY header has four bytes");
  const auto at = static_cast<std::size_t>(value.data() - whole.data());
  auto zeroed = to_buffer(whole);
  std::fill_n(zeroed.begin() + static_cast<std::ptrdiff_t>(at), 4, std::uint8_t{0});
  const std::uint32_t said = static_cast<std::uint32_t>(big_endian_16(value)) << 16 | big_endian_16(value.subspan(2));
  if (crc32c(zeroed) != said) return fail(errc::corrupt, "the checksum of a PROXY header does not fit");
  return {};
}

/// PP2_TYPE_SSL: the name is taken only from a certificate that was shown and found good.
result<> read_ssl(byte_view value, header& into) {
  if (value.size() < ssl_fixed_bytes) return fail(errc::malformed, "the TLS part of a PROXY header is too short");
  const auto flags = value[0];
  const bool verified = std::ranges::all_of(value.subspan(1, 4), [](auto byte) { return byte == 0; });
  const bool shown = (flags & client_ssl) != 0 && (flags & client_certificate) != 0;
  for (auto rest = value.subspan(ssl_fixed_bytes); !rest.empty();) {
    PG_TRY(const auto one, next(rest));
    if (one.type == subtype_ssl_cn && shown && verified) into.verified_name = as_text(one.value);
  }
  return {};
}

result<> read_extensions(byte_view whole, byte_view rest, header& into) {
  while (!rest.empty()) {
    PG_TRY(const auto one, next(rest));
    if (one.type == type_crc32c) PG_TRY_VOID(check_sum(whole, one.value));
    if (one.type == type_ssl) PG_TRY_VOID(read_ssl(one.value, into));
  }
  return {};
}

/// Source and destination address, source and destination port.
result<std::size_t> read_addresses(std::uint8_t kind, byte_view from, header& into) {
  constexpr std::size_t unix_bytes = 216;
  const std::size_t width = kind == af_inet ? 4 : 16;
  const std::size_t bytes = kind == af_unix ? unix_bytes : 2 * width + 4;
  if (from.size() < bytes) return fail(errc::malformed, "a PROXY header ends within its addresses");
  if (kind == af_unix) {
    into.from = family::unix_socket;
    return bytes;
  }
  into.from = kind == af_inet ? family::ipv4 : family::ipv6;
  std::ranges::copy(from.first(width), into.address.begin());
  into.port = big_endian_16(from.subspan(2 * width));
  return bytes;
}

}  // namespace

result<std::size_t> length_of(byte_view first) {
  if (first.size() < fixed_bytes || !std::ranges::equal(first.first(signature.size()), signature)) {
    return fail(errc::malformed, "a PROXY header of version 2 was expected");
  }
  if (first[command_at] >> 4 != 2) return fail(errc::unsupported, "a PROXY header of an unknown version");
  const std::size_t whole = fixed_bytes + big_endian_16(first.subspan(length_at));
  if (whole > limits::proxy_header_bytes_max) return fail(errc::too_large, "a PROXY header that is too long");
  return whole;
}

result<header> parse(byte_view whole) {
  PG_TRY(const auto length, length_of(whole));
  if (length != whole.size()) return fail(errc::malformed, "a PROXY header of another length than it says");
  const auto command = whole[command_at] & 0x0f;
  const auto rest = whole.subspan(fixed_bytes);
  if (command == local) return header{};  // what follows is to be ignored
  if (command != proxied) return fail(errc::unsupported, "a PROXY header with an unknown command");
  const auto kind = static_cast<std::uint8_t>(whole[transport_at] >> 4);
  const auto transport = whole[transport_at] & 0x0f;
  if (kind == af_unspec) return header{};
  if (kind > af_unix || transport != stream) return fail(errc::unsupported, "a PROXY header for no stream");
  header out;
  PG_TRY(const auto addresses, read_addresses(kind, rest, out));
  PG_TRY_VOID(read_extensions(whole, rest.subspan(addresses), out));
  return out;
}

}  // namespace perigee::wire::proxy

#pragma once
// The PROXY protocol, version 2: what a load balancer says of the client before it passes the client's bytes on.
// Version 1, which is text, is not spoken. "PROXY protocol" below is HAProxy's specification, revision 2.

#include <array>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace perigee::wire::proxy {

/// The part with the length in it: read so much first, and no more, since what follows may be TLS.
inline constexpr std::size_t fixed_bytes = 16;

enum class family {
  none,  // the connection is the proxy's own (LOCAL), or the proxy does not know: what the socket says holds
  ipv4,
  ipv6,
  unix_socket,
};

/// Where the client is, as the proxy saw it.
struct header {
  family from = family::none;
  std::array<std::uint8_t, 16> address{};  // network order; of IPv4 the first four
  std::uint16_t port = 0;
  /// The common name of the certificate that the client showed the proxy, where the proxy found it good
  /// (PP2_TYPE_SSL). As it came: any bytes.
  std::optional<std::string> verified_name;
};

/// The whole header's length, from its first fixed_bytes. errc::malformed for what is no PROXY header,
/// errc::unsupported for another version, errc::too_large over limits::proxy_header_bytes_max.
[[nodiscard]] result<std::size_t> length_of(byte_view first);
/// Of exactly that length. errc::malformed; errc::unsupported for a command or transport that is not a stream's;
/// errc::corrupt where it has a checksum that does not fit.
[[nodiscard]] result<header> parse(byte_view whole);

}  // namespace perigee::wire::proxy

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace perigee::client {

/// Where an API is: "https://HOST:PORT", the port 8443 where none is said.
struct https_address {
  static constexpr std::uint16_t usual_port = 8443;
  std::string host;  // without the brackets of an IPv6 address
  std::uint16_t port = usual_port;
};
[[nodiscard]] std::optional<https_address> read_https_url(std::string_view url);

}  // namespace perigee::client

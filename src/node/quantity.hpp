#pragma once
// Durations, sizes and addresses as people write them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace perigee::node {

/// "30s", "5ms", "1.5h", "7d": ns us ms s m h d. Empty where it is no duration, is negative or is over 100 years.
[[nodiscard]] std::optional<nanoseconds> parse_duration(std::string_view text);
/// "16MiB", "1GB", "512": B, kB MB GB TB (thousands), KiB MiB GiB TiB (1,024s). Empty past 2^63.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

/// "127.0.0.1", "::1" or "localhost": nobody outside this machine gets there.
[[nodiscard]] bool is_loopback(std::string_view address);
/// An IPv4 or IPv6 literal, a link-local one with its interface ("fe80::1%eth0"), or "localhost".
[[nodiscard]] bool is_address(std::string_view address);

/// "mqtts://host:port"; the port is left out where the scheme has one of its own.
struct url {
  std::string scheme;
  std::string host;
  std::optional<std::uint16_t> port;
};
[[nodiscard]] std::optional<url> parse_url(std::string_view text);

}  // namespace perigee::node

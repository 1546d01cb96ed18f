#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace perigee::io {

/// Addresses that share their first bits, such as "10.0.0.0/8", "2001:db8::/32" or one address alone.
class address_range {
 public:
  /// IPv4 addresses as IPv6 has them mapped (::ffff:10.0.0.1), in network order.
  using address = std::array<std::uint8_t, 16>;

  /// Nothing where it is no address, its length is no number of bits, or a bit behind those is set.
  [[nodiscard]] static std::optional<address_range> parse(std::string_view text);
  [[nodiscard]] bool contains(const address& one) const;

 private:
  address first_{};
  unsigned bits_ = 0;
};

}  // namespace perigee::io

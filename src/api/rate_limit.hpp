#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace perigee::api {

/// A token bucket for each address: limits::http_requests_burst_max at once, then limits::http_requests_per_second_max.
/// At most limits::http_addresses_max addresses are remembered; past that the one that asked least lately is forgotten.
/// Owned by the server, on its shard.
class rate_limit {
 public:
  /// Takes one request's share: zero, or how long the address has to wait before it is heard again.
  [[nodiscard]] nanoseconds take(std::string_view address, clock::time_point now);
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  struct bucket {
    double left = 0;
    clock::time_point at{};
  };
  void make_room();

  std::map<std::string, bucket, std::less<>> known_;
};

/// Of "127.0.0.1:53124" or "[fe80::1%eth0]:53124", whom the requests of one neighbourhood are counted for: the IPv4
/// address, or the first 64 bits of an IPv6 one, which is what a site is given (RFC 6177). Anything else as it is.
[[nodiscard]] std::string neighbourhood_of(std::string_view address);

}  // namespace perigee::api

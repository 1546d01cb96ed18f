#include "api/rate_limit.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "base/limits.hpp"

namespace perigee::api {

nanoseconds rate_limit::take(std::string_view address, clock::time_point now) {
  constexpr double burst = limits::http_requests_burst_max;
  constexpr double per_second = limits::http_requests_per_second_max;
  auto found = known_.find(address);
  if (found == known_.end()) {
    if (known_.size() >= limits::http_addresses_max) make_room();
    found = known_.emplace(std::string(address), bucket{burst, now}).first;
  }
  auto& [left, at] = found->second;
  left = std::min(burst, left + std::chrono::duration<double>(now - at).count() * per_second);
  at = now;
  if (left < 1) return std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>((1 - left) / per_second));
  left -= 1;
  return nanoseconds(0);
}

void rate_limit::make_room() {
  known_.erase(std::ranges::min_element(known_, {}, [](const auto& each) { return each.second.at; }));
}

std::string neighbourhood_of(std::string_view address) {
  const bool bracketed = address.starts_with('[');
  const auto host = bracketed ? address.substr(1, address.find(']') - 1) : address.substr(0, address.rfind(':'));
  boost::system::error_code ec;
  auto parsed = boost::asio::ip::make_address(host, ec);
  if (ec || parsed.is_v4()) return std::string(host);
  auto bytes = parsed.to_v6().to_bytes();
  if (parsed.to_v6().is_v4_mapped()) return std::string(host);
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t{0});
  return boost::asio::ip::address_v6(bytes).to_string() + "/64";
}

}  // namespace perigee::api

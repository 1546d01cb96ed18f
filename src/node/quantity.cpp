#include "node/quantity.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <cmath>
#include <span>
#include <utility>

namespace perigee::node {
namespace {

struct unit {
  std::string_view name;
  double scale;
};

/// A number and one of `units`, spaces between allowed, in the units' common base.
std::optional<double> measure(std::string_view text, std::span<const unit> units) {
  double number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc() || !std::isfinite(number) || number < 0) return std::nullopt;
  std::string_view name(rest, end);
  while (name.starts_with(' ')) name.remove_prefix(1);
  for (const auto& one : units) {
    if (one.name == name) return number * one.scale;
  }
  return std::nullopt;
}

bool is_literal(int family, std::string_view address) {
  in6_addr parsed;
  return inet_pton(family, std::string(address).c_str(), &parsed) == 1;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failed != std::errc() || rest != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

bool is_host(std::string_view host) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  return !host.empty() && host.size() <= 253 && host.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace

std::optional<nanoseconds> parse_duration(std::string_view text) {
  constexpr unit units[] = {{"ns", 1},   {"us", 1e3},   {"ms", 1e6},   {"s", 1e9},
                            {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}};
  const auto ns = measure(text, units);
  if (!ns || *ns > 100 * 365.25 * 86400e9) return std::nullopt;
  return nanoseconds(std::llround(*ns));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr unit units[] = {{"", 1},      {"B", 1},        {"kB", 1e3},     {"MB", 1e6},     {"GB", 1e9},
                            {"TB", 1e12}, {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40}};
  const auto bytes = measure(text, units);
  if (!bytes || *bytes >= 0x1p63) return std::nullopt;
  return static_cast<std::uint64_t>(*bytes);
}

bool is_loopback(std::string_view address) {
  return address == "localhost" || address == "::1" || (address.starts_with("127.") && is_literal(AF_INET, address));
}

bool is_address(std::string_view address) {
  const auto scope = address.find('%');  // of a link-local address: the interface (RFC 4007 11)
  if (scope != std::string_view::npos) {
    const bool named = scope + 1 < address.size() && address.find('%', scope + 1) == std::string_view::npos;
    return named && address.starts_with("fe80:") && is_literal(AF_INET6, address.substr(0, scope));
  }
  return address == "localhost" || is_literal(AF_INET, address) || is_literal(AF_INET6, address);
}

std::optional<url> parse_url(std::string_view text) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  url out{std::string(text.substr(0, colon)), {}, {}};
  auto rest = text.substr(colon + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const bool bracketed = rest.starts_with('[');
  const auto host_end = bracketed ? rest.find(']') : rest.find(':');
  if (bracketed && host_end == std::string_view::npos) return std::nullopt;
  out.host = bracketed ? rest.substr(1, host_end - 1) : rest.substr(0, host_end);
  if (bracketed ? !is_literal(AF_INET6, out.host) : !is_host(out.host)) return std::nullopt;
  auto tail = host_end == std::string_view::npos ? std::string_view() : rest.substr(host_end + (bracketed ? 1 : 0));
  if (tail.empty()) return out;
  if (!tail.starts_with(':')) return std::nullopt;
  out.port = parse_port(tail.substr(1));
  if (!out.port) return std::nullopt;
  return out;
}

}  // namespace perigee::node

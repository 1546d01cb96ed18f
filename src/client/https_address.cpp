#include "client/https_address.hpp"

#include <charconv>

namespace perigee::client {

std::optional<https_address> read_https_url(std::string_view url) {
  constexpr std::string_view scheme = "https://";
  if (!url.starts_with(scheme)) return std::nullopt;
  url.remove_prefix(scheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  https_address out;
  const auto colon = url.rfind(':');
  const bool has_port = colon != std::string_view::npos && !url.ends_with(']');
  out.host = url.substr(0, has_port ? colon : url.size());
  if (out.host.starts_with('[') && out.host.ends_with(']')) out.host = out.host.substr(1, out.host.size() - 2);
  if (has_port) {
    const auto text = url.substr(colon + 1);
    const auto* end = text.data() + text.size();
    if (const auto r = std::from_chars(text.data(), end, out.port); r.ec != std::errc() || r.ptr != end)
      return std::nullopt;
  }
  const bool is_host = !out.host.empty() && out.host.find_first_of("/?#@ ") == std::string::npos;
  return is_host && out.port != 0 ? std::optional(out) : std::nullopt;
}

}  // namespace perigee::client

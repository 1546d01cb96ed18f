#include "identity/detail/extensions.hpp"

#include <algorithm>

#include "base/identity_limits.hpp"

namespace perigee::identity::detail {
namespace {

constexpr std::size_t host_bytes_max = 253;  // RFC 1035 2.3.4, as text

bool is_host(std::string_view text) {
  constexpr std::string_view good = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_*";
  return !text.empty() && text.size() <= host_bytes_max && text.find_first_not_of(good) == std::string_view::npos;
}

bool is_address(const std::string& text) {
  const crypto::octets_ptr bytes(a2i_IPADDRESS(text.c_str()));
  return bytes != nullptr;
}

}  // namespace

result<std::string> alternative_names_text(const std::vector<std::string>& dns_names,
                                           const std::vector<std::string>& addresses) {
  const crypto::error_queue_scope quiet;
  if (dns_names.size() + addresses.size() > limits::identity_names_max || !std::ranges::all_of(dns_names, is_host) ||
      !std::ranges::all_of(addresses, is_address)) {
    return fail(errc::malformed, "a certificate is for at most 32 names of hosts and IP addresses");
  }
  std::string out;
  for (const auto& name : dns_names) out += (out.empty() ? "DNS:" : ",DNS:") + name;
  for (const auto& address : addresses) out += (out.empty() ? "IP:" : ",IP:") + address;
  return out;
}

crypto::extension_ptr make_extension(X509V3_CTX& context, int nid, const std::string& text) {
  return crypto::extension_ptr(X509V3_EXT_nconf_nid(nullptr, &context, nid, text.c_str()));
}

}  // namespace perigee::identity::detail

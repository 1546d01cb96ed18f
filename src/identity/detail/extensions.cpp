#include "identity/detail/extensions.hpp"

#include <algorithm>
#include <ranges>

#include "base/identity_limits.hpp"

namespace perigee::identity::detail {
namespace {

constexpr std::size_t host_bytes_max = 253;  // RFC 1035 2.3.4, as text

constexpr std::size_t label_bytes_max = 63;

bool is_label(std::string_view text) {
  constexpr std::string_view good = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  return !text.empty() && text.size() <= label_bytes_max && text.find_first_not_of(good) == std::string_view::npos &&
         !text.starts_with('-') && !text.ends_with('-');
}

/// RFC 1123 2.1, with underscores, which names of machines have. A star stands for the whole first label (RFC 6125
/// 6.4.3), and not of a whole top-level domain, which no client takes.
bool is_host(std::string_view text) {
  if (text.size() > host_bytes_max) return false;
  std::size_t labels = 0;
  const bool star = text.starts_with("*.");
  for (const auto& each : std::views::split(star ? text.substr(2) : text, '.')) {
    if (!is_label(std::string_view(each))) return false;
    ++labels;
  }
  return labels >= (star ? 2U : 1U);
}

bool is_address(const std::string& text) {
  const crypto::octets_ptr bytes(a2i_IPADDRESS(text.c_str()));
  return bytes != nullptr;
}

}  // namespace

result<std::string> alternative_names_text(std::string_view own_name, const std::vector<std::string>& dns_names,
                                           const std::vector<std::string>& addresses) {
  const crypto::error_queue_scope quiet;
  if (dns_names.size() + addresses.size() > limits::identity_names_max) {
    return fail(errc::malformed, "a certificate is for at most 32 names of hosts and IP addresses");
  }
  if (!std::ranges::all_of(dns_names, [&](const auto& each) { return each == own_name || is_host(each); })) {
    return fail(errc::malformed,
                "a DNS name is labels of 1 to 63 letters, digits, '-' or '_' with dots between them, other scripts as "
                "xn--...; '*' stands only for the whole first one of three");
  }
  if (!std::ranges::all_of(addresses, is_address)) return fail(errc::malformed, "this is no IP address");
  std::string out;
  for (const auto& name : dns_names) out += (out.empty() ? "DNS:" : ",DNS:") + name;
  for (const auto& address : addresses) out += (out.empty() ? "IP:" : ",IP:") + address;
  return out;
}

crypto::extension_ptr make_extension(X509V3_CTX& context, int nid, const std::string& text) {
  return crypto::extension_ptr(X509V3_EXT_nconf_nid(nullptr, &context, nid, text.c_str()));
}

}  // namespace perigee::identity::detail

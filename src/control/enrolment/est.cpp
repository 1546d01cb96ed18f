#include "control/enrolment/est.hpp"

#include <algorithm>
#include <array>

#include "base/identity_limits.hpp"
#include "crypto/base64.hpp"
#include "identity/certificate_bundle.hpp"
#include "identity/refusal.hpp"

namespace perigee::control::enrolment {
namespace {

constexpr std::size_t line_digits = 64;

std::string in_lines(std::string_view digits) {
  std::string out;
  for (; digits.size() > line_digits; digits.remove_prefix(line_digits)) {
    out.append(digits.substr(0, line_digits)).append("\r\n");
  }
  return out.append(digits).append("\r\n");
}

/// Base64 with line ends and spaces anywhere between its digits.
result<byte_buffer> from_lines(std::string_view body, std::size_t bytes_max) {
  if (body.size() > 2 * bytes_max) return identity::refuse(identity::refusal::too_large);
  std::string digits;
  std::ranges::copy_if(body, std::back_inserter(digits),
                       [](char c) { return c != '\r' && c != '\n' && c != ' ' && c != '\t'; });
  auto der = crypto::from_base64(digits, crypto::padding::with);
  if (!der) return identity::refuse(identity::refusal::malformed);
  return std::move(*der);
}

}  // namespace

result<identity::certificate_request> read_request(std::string_view body) {
  PG_TRY(const auto der, from_lines(body, limits::identity_request_bytes_max));
  return identity::certificate_request::parse(der);
}

std::string body_of_request(std::string_view pem) {
  // PEM is base64 between two lines of its own (RFC 7468 2).
  const auto begin = pem.find('\n') + 1;
  const auto end = pem.find("-----", begin);
  return std::string(pem.substr(begin, end - begin));
}

result<std::string> bundle_body(std::span<const identity::certificate> all) {
  PG_TRY(const auto der, identity::make_bundle(all));
  return in_lines(crypto::to_base64(der, crypto::padding::with));
}

result<std::vector<identity::certificate>> read_bundle(std::string_view body) {
  PG_TRY(const auto der, from_lines(body, limits::identity_pem_bytes_max));
  return identity::parse_bundle(der);
}

std::string attributes_body() {
  // SEQUENCE of an OID, ecdsa-with-SHA256, and an Attribute: id-ecPublicKey, SET of the OID of P-256 (RFC 7030 4.5.2).
  constexpr std::array<std::uint8_t, 35> der{0x30, 0x21, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
                                             0x30, 0x15, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x31,
                                             0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
  return in_lines(crypto::to_base64(der, crypto::padding::with));
}

result<basic_credentials> read_basic(std::string_view authorization) {
  constexpr std::string_view scheme = "basic ";
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  const auto shown = authorization.substr(0, scheme.size());
  if (!std::ranges::equal(shown, scheme, {}, lower)) return fail(errc::malformed, "not Basic authentication");
  PG_TRY(const auto bytes, crypto::from_base64(authorization.substr(scheme.size()), crypto::padding::with));
  const auto text = as_text(bytes);
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return fail(errc::malformed, "Basic authentication without a password");
  return basic_credentials{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

}  // namespace perigee::control::enrolment

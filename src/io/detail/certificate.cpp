#include "io/detail/certificate.hpp"

#include <algorithm>
#include <format>

#include "crypto/openssl.hpp"
#include "crypto/password.hpp"
#include "crypto/x509_fields.hpp"

namespace perigee::io {
namespace {

std::vector<std::string> alternative_names(const X509& certificate, int kind) {
  const crypto::general_names_ptr all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  return crypto::alternative_names(all.get(), kind);
}

result<std::string> alternative_name(const X509& certificate, int kind) {
  auto all = alternative_names(certificate, kind);
  if (all.empty()) return fail(errc::not_found, "the certificate has no alternative name of this kind");
  if (all.size() > 1) return fail(errc::malformed, "the certificate has several alternative names of this kind");
  if (!std::ranges::all_of(all.front(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    return fail(errc::malformed, "the certificate's alternative name is not ASCII");
  }
  return crypto::checked_name(std::move(all.front()));
}

std::string to_hexadecimal(byte_view bytes) {
  std::string out;
  for (const auto b : bytes) out += std::format("{:02x}", b);
  return out;
}

/// Without zeros in front; empty for a number that is negative, or longer than 20 bytes.
std::string serial_of(const X509& certificate) {
  constexpr int bytes_max = 20;
  const crypto::number_ptr number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr));
  if (!number || BN_is_negative(number.get()) == 1 || BN_num_bytes(number.get()) > bytes_max) return {};
  byte_buffer bytes(static_cast<std::size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), bytes.data());
  auto out = to_hexadecimal(bytes);
  if (out.starts_with('0')) out.erase(0, 1);
  return out.empty() ? "0" : out;
}

/// Authorities whose certificates name no key are told apart by their names.
std::string issuer_of(X509& certificate) {
  constexpr std::size_t bytes_shown = 20;  // RFC 5280 4.2.1.2: of a SHA-1, and as many of this
  if (const auto* id = X509_get0_authority_key_id(&certificate); id != nullptr && ASN1_STRING_length(id) > 0) {
    const byte_view all(ASN1_STRING_get0_data(id), static_cast<std::size_t>(ASN1_STRING_length(id)));
    return to_hexadecimal(all.first(std::min(all.size(), bytes_shown)));
  }
  const auto name = crypto::sha256(crypto::der_of(i2d_X509_NAME, X509_get_issuer_name(&certificate)));
  return to_hexadecimal(byte_view(name).first(bytes_shown));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

result<std::string> name_in(const X509& certificate, identity_source where) {
  switch (where) {
    case identity_source::common_name: return crypto::common_name(*X509_get_subject_name(&certificate));
    case identity_source::dns_name: return alternative_name(certificate, GEN_DNS);
    case identity_source::uri: return alternative_name(certificate, GEN_URI);
    case identity_source::email: return alternative_name(certificate, GEN_EMAIL);
    case identity_source::subject: break;
  }
  return crypto::distinguished_name(*X509_get_subject_name(&certificate));
}

int check_constrained_name(int good, X509_STORE_CTX* path) {
  if (good != 1 || X509_STORE_CTX_get_error_depth(path) != 0) return good;
  const auto* const chain = X509_STORE_CTX_get0_chain(path);
  bool constrained = false;
  for (int i = 1; i < sk_X509_num(chain); ++i) {
    constrained = constrained || X509_get_ext_by_NID(sk_X509_value(chain, i), NID_name_constraints, -1) >= 0;
  }
  const auto& leaf = *sk_X509_value(chain, 0);
  const auto name = name_in(leaf, identity_source::common_name);
  if (!constrained || (name && std::ranges::contains(alternative_names(leaf, GEN_DNS), *name))) return good;
  X509_STORE_CTX_set_error(path, X509_V_ERR_PERMITTED_VIOLATION);
  return 0;
}

std::vector<std::string> server_names(const X509& certificate) {
  auto names = alternative_names(certificate, GEN_DNS);
  if (!names.empty()) return names;
  if (auto name = crypto::common_name(*X509_get_subject_name(&certificate))) names.push_back(*std::move(name));
  return names;
}

bool covers(std::string_view name, std::string_view host) {
  if (!name.starts_with("*.")) return same_name(name, host);
  const auto dot = host.find('.');
  return dot != std::string_view::npos && dot != 0 && same_name(name.substr(1), host.substr(dot));
}

result<peer_certificate> describe_peer(X509& certificate) {
  peer_certificate out{.issuer = issuer_of(certificate), .serial = serial_of(certificate)};
  if (out.serial.empty()) return fail(errc::malformed, "the certificate's serial number is none");
  out.not_before = crypto::to_timestamp(*X509_get0_notBefore(&certificate));
  out.not_after = not_after(certificate);
  out.fingerprint = crypto::sha256(crypto::der_of(i2d_X509, &certificate));
  return out;
}

timestamp not_after(const X509& certificate) { return crypto::to_timestamp(*X509_get0_notAfter(&certificate)); }

}  // namespace perigee::io

#include "identity/certificate.hpp"

#include <openssl/pem.h>

#include <algorithm>
#include <format>

#include "base/identity_limits.hpp"
#include "crypto/openssl.hpp"
#include "crypto/password.hpp"
#include "crypto/x509_fields.hpp"
#include "identity/detail/asn1.hpp"
#include "identity/detail/pem.hpp"
#include "identity/refusal.hpp"

namespace perigee::identity {
namespace {

using constraints_ptr = std::unique_ptr<NAME_CONSTRAINTS, crypto::freed_by<NAME_CONSTRAINTS_free>>;

constexpr std::string_view label = "CERTIFICATE";

std::string hex_of(const ASN1_OCTET_STRING* octets) {
  if (octets == nullptr) return {};
  return detail::to_hex({ASN1_STRING_get0_data(octets), static_cast<std::size_t>(ASN1_STRING_length(octets))});
}

/// RFC 5280 4.2.1.6: 4 bytes of IPv4 or 16 of IPv6.
std::string address_text(byte_view bytes) {
  std::string out;
  const bool four = bytes.size() == 4;
  for (std::size_t i = 0; i < bytes.size(); i += four ? 1 : 2) {
    if (!out.empty()) out += four ? '.' : ':';
    out += four ? std::format("{}", bytes[i]) : std::format("{:x}", bytes[i] << 8U | bytes[i + 1]);
  }
  return out;
}

void read_addresses(certificate_facts& into, const GENERAL_NAMES* all) {
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const auto* name = sk_GENERAL_NAME_value(all, i);
    if (name->type != GEN_IPADD) continue;
    const auto* bytes = name->d.iPAddress;
    const byte_view address(ASN1_STRING_get0_data(bytes), static_cast<std::size_t>(ASN1_STRING_length(bytes)));
    if (address.size() == 4 || address.size() == 16) into.addresses.push_back(address_text(address));
  }
}

result<> read_alternative_names(certificate_facts& into, const X509* of) {
  const crypto::general_names_ptr all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(of, NID_subject_alt_name, nullptr, nullptr)));
  const auto count = all ? static_cast<std::size_t>(sk_GENERAL_NAME_num(all.get())) : 0;
  if (count > limits::identity_names_max) return refuse(refusal::too_large);
  into.dns_names = crypto::alternative_names(all.get(), GEN_DNS);
  into.other_alternative_names = into.dns_names.size() < count;
  if (all) read_addresses(into, all.get());
  return {};
}

void read_name_constraints(certificate_facts& into, const X509* of) {
  const constraints_ptr all(
      static_cast<NAME_CONSTRAINTS*>(X509_get_ext_d2i(of, NID_name_constraints, nullptr, nullptr)));
  into.is_constrained = all != nullptr;
  for (int i = 0; all && i < sk_GENERAL_SUBTREE_num(all->permittedSubtrees); ++i) {
    const auto* base = sk_GENERAL_SUBTREE_value(all->permittedSubtrees, i)->base;
    if (base->type != GEN_DNS) continue;
    const auto* text = base->d.ia5;
    into.permitted_names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                      static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
}

void read_usage(certificate_facts& into, X509* of) {
  const auto flags = X509_get_extension_flags(of);
  into.is_authority = (flags & EXFLAG_CA) != 0;
  if (const auto length = X509_get_pathlen(of); into.is_authority && length >= 0) {
    into.path_length = static_cast<int>(length);
  }
  const auto purposes = (flags & EXFLAG_XKUSAGE) != 0 ? X509_get_extended_key_usage(of) : 0U;
  into.for_clients = (purposes & XKU_SSL_CLIENT) != 0;
  into.for_servers = (purposes & XKU_SSL_SERVER) != 0;
}

result<certificate_facts> read_facts(X509* of, byte_view der) {
  // Also decodes every extension that is known; a second of one kind is invalid too (RFC 5280 4.2).
  if ((X509_get_extension_flags(of) & EXFLAG_INVALID) != 0) return refuse(refusal::malformed);
  certificate_facts out;
  out.common_name = crypto::common_name(*X509_get_subject_name(of)).value_or("");
  out.subject = crypto::distinguished_name(*X509_get_subject_name(of)).value_or("");
  out.issuer = crypto::distinguished_name(*X509_get_issuer_name(of)).value_or("");
  out.serial = detail::serial_text(X509_get0_serialNumber(of));
  if (out.serial.empty()) return refuse(refusal::not_conforming);
  out.not_before = crypto::to_timestamp(*X509_get0_notBefore(of));
  out.not_after = crypto::to_timestamp(*X509_get0_notAfter(of));
  out.subject_key_id = hex_of(X509_get0_subject_key_id(of));
  out.authority_key_id = hex_of(X509_get0_authority_key_id(of));
  out.fingerprint = detail::to_hex(crypto::sha256(der));
  read_usage(out, of);
  read_name_constraints(out, of);
  PG_TRY_VOID(read_alternative_names(out, of));
  return out;
}

}  // namespace

result<certificate> certificate::parse(byte_view pem_or_der) {
  PG_TRY(const auto der, detail::one_object(pem_or_der, std::span(&label, 1), limits::identity_certificate_bytes_max));
  return parse_der(der);
}

result<certificate> certificate::parse_der(byte_view der) {
  const crypto::error_queue_scope quiet;
  if (der.size() > limits::identity_certificate_bytes_max) return refuse(refusal::too_large);
  const auto* at = der.data();
  crypto::certificate_ptr parsed(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  // One certificate has one encoding: what OpenSSL also takes of BER would give it a second fingerprint.
  if (!parsed || !std::ranges::equal(crypto::der_of(i2d_X509, parsed.get()), der)) return refuse(refusal::malformed);
  crypto::key_ptr key(X509_get_pubkey(parsed.get()));
  if (!key) return refuse(refusal::weak_key);
  PG_TRY(auto facts, read_facts(parsed.get(), der));
  return certificate(std::move(parsed), std::make_shared<const certificate_facts>(std::move(facts)),
                     public_key(std::move(key)));
}

bool certificate::is_root() const {
  const auto& f = *facts_;
  const bool by_its_own_key = f.authority_key_id.empty() || f.authority_key_id == f.subject_key_id;
  return f.is_authority && f.subject == f.issuer && by_its_own_key;
}

std::string certificate::to_pem() const {
  const crypto::bio_ptr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate_.get());
  return crypto::text_in(out.get());
}

byte_buffer certificate::to_der() const { return crypto::der_of(i2d_X509, certificate_.get()); }

bool certificate::operator==(const certificate& other) const {
  return facts_->fingerprint == other.facts_->fingerprint;
}

namespace {

result<std::vector<certificate>> parse_all(byte_view pem, std::size_t certificates_max) {
  PG_TRY(const auto blocks, detail::pem_blocks(pem, certificates_max + 1));
  if (blocks.size() > certificates_max) return refuse(refusal::chain_too_long);
  if (blocks.empty()) return refuse(refusal::malformed);
  std::vector<certificate> out;
  for (const auto& block : blocks) {
    if (block.label != label) return refuse(refusal::malformed);
    PG_TRY(auto one, certificate::parse_der(block.der));
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

result<std::vector<certificate>> parse_chain(byte_view pem_or_der) {
  if (!detail::is_pem(pem_or_der)) {
    return certificate::parse(pem_or_der).transform([](certificate one) { return std::vector{std::move(one)}; });
  }
  return parse_all(pem_or_der, limits::identity_chain_certificates_max);
}

result<std::vector<certificate>> parse_roots(byte_view pem) {
  PG_TRY(auto all, parse_all(pem, limits::identity_roots_max));
  std::erase_if(all, [](const certificate& one) { return one.facts().subject != one.facts().issuer; });
  if (all.empty()) return refuse(refusal::unknown_authority);
  return all;
}

result<certificate> first_certificate(byte_view pem) {
  const crypto::error_queue_scope quiet;
  const crypto::certificate_ptr first(PEM_read_bio_X509(crypto::reading(pem).get(), nullptr, nullptr, nullptr));
  if (!first) return refuse(refusal::malformed);
  return certificate::parse_der(crypto::der_of(i2d_X509, first.get()));
}

result<std::vector<certificate>> all_certificates(byte_view pem) {
  const crypto::error_queue_scope quiet;
  const auto from = crypto::reading(pem);
  std::vector<certificate> out;
  while (const crypto::certificate_ptr one{PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr)}) {
    if (out.size() == limits::identity_roots_max) return refuse(refusal::chain_too_long);
    PG_TRY(auto parsed, certificate::parse_der(crypto::der_of(i2d_X509, one.get())));
    out.push_back(std::move(parsed));
  }
  if (out.empty()) return refuse(refusal::malformed);
  return out;
}

std::string to_pem(std::span<const certificate> chain) {
  std::string out;
  for (const auto& one : chain) out += one.to_pem();
  return out;
}

}  // namespace perigee::identity

#include "identity/revocation_list.hpp"

#include <algorithm>
#include <utility>

#include "base/identity_limits.hpp"
#include "crypto/openssl.hpp"
#include "crypto/x509_fields.hpp"
#include "identity/detail/algorithms.hpp"
#include "identity/detail/asn1.hpp"
#include "identity/refusal.hpp"

namespace perigee::identity {
namespace {

using list_ptr = std::unique_ptr<X509_CRL, crypto::freed_by<X509_CRL_free>>;
using entry_ptr = std::unique_ptr<X509_REVOKED, crypto::freed_by<X509_REVOKED_free>>;
using key_id_ptr = std::unique_ptr<AUTHORITY_KEYID, crypto::freed_by<AUTHORITY_KEYID_free>>;
using enumerated_ptr = std::unique_ptr<ASN1_ENUMERATED, crypto::freed_by<ASN1_ENUMERATED_free>>;

bool add_reason(X509_REVOKED* to, revocation_reason reason) {
  if (reason == revocation_reason::unspecified) return true;  // RFC 5280 5.3.1: absent rather than that
  const enumerated_ptr value(ASN1_ENUMERATED_new());
  return value && ASN1_ENUMERATED_set(value.get(), static_cast<long>(reason)) == 1 &&
         X509_REVOKED_add1_ext_i2d(to, NID_crl_reason, value.get(), 0, 0) == 1;
}

result<> add_entry(X509_CRL* to, const revocation& one) {
  const auto serial = detail::integer_of(one.serial);
  if (!serial) return fail(errc::malformed, "a serial number is hexadecimal");
  const auto at = detail::time_of(one.at);
  entry_ptr entry(X509_REVOKED_new());
  const bool good = entry && at && X509_REVOKED_set_serialNumber(entry.get(), serial.get()) == 1 &&
                    X509_REVOKED_set_revocationDate(entry.get(), at.get()) == 1 &&
                    add_reason(entry.get(), one.reason) && X509_CRL_add0_revoked(to, entry.get()) == 1;
  if (!good) return fail(errc::io, "OpenSSL could not add to a revocation list");
  (void)entry.release();  // the list has it now
  return {};
}

bool set_terms(X509_CRL* to, const authority& by, const list_terms& terms) {
  const auto from = detail::time_of(terms.this_update);
  const auto until = detail::time_of(terms.next_update);
  const crypto::integer_ptr number(ASN1_INTEGER_new());
  X509V3_CTX context;
  X509V3_set_ctx(&context, by.own().native(), nullptr, nullptr, to, 0);
  const crypto::extension_ptr key_id(
      X509V3_EXT_nconf_nid(nullptr, &context, NID_authority_key_identifier, "keyid:always"));
  return from && until && number && key_id && X509_CRL_set_version(to, X509_CRL_VERSION_2) == 1 &&
         X509_CRL_set_issuer_name(to, X509_get_subject_name(by.own().native())) == 1 &&
         X509_CRL_set1_lastUpdate(to, from.get()) == 1 && X509_CRL_set1_nextUpdate(to, until.get()) == 1 &&
         X509_CRL_add_ext(to, key_id.get(), -1) == 1 && ASN1_INTEGER_set_uint64(number.get(), terms.number) == 1 &&
         X509_CRL_add1_ext_i2d(to, NID_crl_number, number.get(), 0, 0) == 1;
}

list_ptr parse(byte_view der) {
  const auto* at = der.data();
  list_ptr out(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  const bool is_der = out && std::ranges::equal(crypto::der_of(i2d_X509_CRL, out.get()), der);
  return is_der ? std::move(out) : nullptr;
}

/// Of the two extensions that our lists have, and RFC 5280 5.2 asks for; any other that is critical is refused.
bool has_known_extensions(const X509_CRL* list) {
  for (int i = 0; i < X509_CRL_get_ext_count(list); ++i) {
    auto* const one = X509_CRL_get_ext(list, i);
    if (X509_EXTENSION_get_critical(one) == 1) return false;
  }
  return true;
}

/// Delta lists, and entries of other issuers (RFC 5280 5.3.3), say so in extensions that are critical.
result<revocation> read_entry(const X509_REVOKED* from) {
  revocation out{.serial = detail::serial_text(X509_REVOKED_get0_serialNumber(from)),
                 .at = crypto::to_timestamp(*X509_REVOKED_get0_revocationDate(from))};
  if (out.serial.empty()) return refuse(refusal::malformed);
  const auto* const extensions = X509_REVOKED_get0_extensions(from);
  for (int i = 0; i < X509v3_get_ext_count(extensions); ++i) {
    if (X509_EXTENSION_get_critical(X509v3_get_ext(extensions, i)) == 1) return refuse(refusal::not_conforming);
  }
  const enumerated_ptr reason(
      static_cast<ASN1_ENUMERATED*>(X509_REVOKED_get_ext_d2i(from, NID_crl_reason, nullptr, nullptr)));
  if (reason) out.reason = static_cast<revocation_reason>(std::clamp(ASN1_ENUMERATED_get(reason.get()), 0L, 10L));
  return out;
}

result<list_terms> read_terms(const X509_CRL* list) {
  const crypto::integer_ptr number(
      static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(list, NID_crl_number, nullptr, nullptr)));
  const auto* const until = X509_CRL_get0_nextUpdate(list);
  list_terms out{};
  if (!number || until == nullptr || ASN1_INTEGER_get_uint64(&out.number, number.get()) != 1) {
    return refuse(refusal::not_conforming);
  }
  out.this_update = crypto::to_timestamp(*X509_CRL_get0_lastUpdate(list));
  out.next_update = crypto::to_timestamp(*until);
  return out;
}

result<> check_signature(X509_CRL* list, const certificate& by) {
  if (!by.facts().is_authority) return refuse(refusal::not_an_authority);
  PG_TRY_VOID(detail::check_key(by.key().native()));
  PG_TRY_VOID(detail::check_signature_algorithm(X509_CRL_get_signature_nid(list)));
  if (X509_CRL_verify(list, by.key().native()) != 1) return refuse(refusal::bad_signature);
  return {};
}

}  // namespace

result<std::string> issuer_of_list(byte_view der) {
  const crypto::error_queue_scope quiet;
  if (der.size() > limits::identity_list_bytes_max) return refuse(refusal::too_large);
  const auto list = parse(der);
  if (!list) return refuse(refusal::malformed);
  const key_id_ptr id(
      static_cast<AUTHORITY_KEYID*>(X509_CRL_get_ext_d2i(list.get(), NID_authority_key_identifier, nullptr, nullptr)));
  if (!id || id->keyid == nullptr) return refuse(refusal::not_conforming);
  return detail::to_hex({ASN1_STRING_get0_data(id->keyid), static_cast<std::size_t>(ASN1_STRING_length(id->keyid))});
}

result<revocation_list> read_revocation_list(byte_view der, const certificate& by) {
  const crypto::error_queue_scope quiet;
  if (der.size() > limits::identity_list_bytes_max) return refuse(refusal::too_large);
  const auto list = parse(der);
  if (!list) return refuse(refusal::malformed);
  PG_TRY_VOID(check_signature(list.get(), by));
  if (!has_known_extensions(list.get())) return refuse(refusal::not_conforming);
  revocation_list out{.issuer = by.facts().subject_key_id, .terms = {}, .all = {}};
  PG_TRY(out.terms, read_terms(list.get()));
  const auto* const entries = X509_CRL_get_REVOKED(list.get());
  if (std::cmp_greater(sk_X509_REVOKED_num(entries), limits::identity_revoked_max)) return refuse(refusal::too_large);
  for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    PG_TRY(auto one, read_entry(sk_X509_REVOKED_value(entries, i)));
    out.all.push_back(std::move(one));
  }
  return out;
}

result<byte_buffer> make_revocation_list(const authority& by, std::span<const revocation> all,
                                         const list_terms& terms) {
  const crypto::error_queue_scope quiet;
  if (all.size() > limits::identity_revoked_max)
    return fail(errc::too_large, "a list has at most 100,000 certificates");
  const list_ptr made(X509_CRL_new());
  if (!made || !set_terms(made.get(), by, terms)) return fail(errc::io, "OpenSSL could not make a revocation list");
  for (const auto& one : all) PG_TRY_VOID(add_entry(made.get(), one));
  X509_CRL_sort(made.get());
  if (X509_CRL_sign(made.get(), by.key().native(), detail::digest_for(by.key().native())) <= 0) {
    return fail(errc::io, "OpenSSL could not sign a revocation list");
  }
  return crypto::der_of(i2d_X509_CRL, made.get());
}

}  // namespace perigee::identity

#include "identity/revocation_list.hpp"

#include "base/identity_limits.hpp"
#include "crypto/openssl.hpp"
#include "identity/detail/algorithms.hpp"
#include "identity/detail/asn1.hpp"

namespace perigee::identity {
namespace {

using list_ptr = std::unique_ptr<X509_CRL, crypto::freed_by<X509_CRL_free>>;
using entry_ptr = std::unique_ptr<X509_REVOKED, crypto::freed_by<X509_REVOKED_free>>;
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

}  // namespace

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

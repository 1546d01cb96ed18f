#include "identity/ocsp.hpp"

#include <openssl/ocsp.h>

#include <algorithm>

#include "base/identity_limits.hpp"
#include "crypto/openssl.hpp"
#include "identity/detail/algorithms.hpp"
#include "identity/detail/asn1.hpp"

namespace perigee::identity {
namespace {

using request_ptr = std::unique_ptr<OCSP_REQUEST, crypto::freed_by<OCSP_REQUEST_free>>;
using response_ptr = std::unique_ptr<OCSP_RESPONSE, crypto::freed_by<OCSP_RESPONSE_free>>;
using basic_ptr = std::unique_ptr<OCSP_BASICRESP, crypto::freed_by<OCSP_BASICRESP_free>>;
using certificate_id_ptr = std::unique_ptr<OCSP_CERTID, crypto::freed_by<OCSP_CERTID_free>>;

constexpr int nonce_bytes_known = 128;  // RFC 9654 2.1: a longer one is malformed

result<byte_buffer> answer(int status, OCSP_BASICRESP* with) {
  const response_ptr made(OCSP_response_create(status, with));
  auto der = made ? crypto::der_of(i2d_OCSP_RESPONSE, made.get()) : byte_buffer{};
  if (der.empty()) return fail(errc::io, "OpenSSL could not make an OCSP response");
  return der;
}

request_ptr parse_request(byte_view der) {
  if (der.size() > limits::identity_ocsp_request_bytes_max) return nullptr;
  const auto* at = der.data();
  request_ptr out(d2i_OCSP_REQUEST(nullptr, &at, static_cast<long>(der.size())));
  if (!out || !std::ranges::equal(crypto::der_of(i2d_OCSP_REQUEST, out.get()), der)) return nullptr;
  const int asked = OCSP_request_onereq_count(out.get());
  if (asked < 1 || std::cmp_greater(asked, limits::identity_ocsp_certificates_max)) return nullptr;
  return out;
}

enum class nonce { none, echoed, left_out, malformed };

/// The nonce is an OCTET STRING in the extension's OCTET STRING (RFC 9654 2.1).
nonce nonce_of(OCSP_REQUEST* request) {
  const int at = OCSP_REQUEST_get_ext_by_NID(request, NID_id_pkix_OCSP_Nonce, -1);
  if (at < 0) return nonce::none;
  const auto* outer = X509_EXTENSION_get_data(OCSP_REQUEST_get_ext(request, at));
  const auto* bytes = ASN1_STRING_get0_data(outer);
  const auto* const end = bytes + ASN1_STRING_length(outer);
  const crypto::octets_ptr inner(d2i_ASN1_OCTET_STRING(nullptr, &bytes, ASN1_STRING_length(outer)));
  const int length = inner && bytes == end ? ASN1_STRING_length(inner.get()) : 0;
  if (length == 0 || length > nonce_bytes_known) return nonce::malformed;
  return std::cmp_greater(length, limits::identity_ocsp_nonce_bytes_max) ? nonce::left_out : nonce::echoed;
}

/// Whether the question is about a certificate of this authority: the same hashes of its name and key.
bool is_of(const authority& by, const OCSP_CERTID* asked) {
  ASN1_OBJECT* algorithm = nullptr;
  OCSP_id_get0_info(nullptr, &algorithm, nullptr, nullptr, const_cast<OCSP_CERTID*>(asked));
  const auto* digest = EVP_get_digestbyobj(algorithm);
  if (digest == nullptr) return false;
  const certificate_id_ptr own(OCSP_cert_to_id(digest, nullptr, by.own().native()));
  return own && OCSP_id_issuer_cmp(own.get(), asked) == 0;
}

/// OpenSSL's functions take what they only read as not const.
bool add_status(OCSP_BASICRESP* to, const OCSP_CERTID* of, const certificate_status& status,
                const answer_terms& terms) {
  using state = certificate_status::state;
  const bool is_revoked = status.is == state::revoked;
  const auto from = detail::time_of(terms.this_update);
  const auto until = detail::time_of(terms.next_update);
  const auto revoked_at = detail::time_of(status.revoked_at);
  const int said = status.is == state::good ? V_OCSP_CERTSTATUS_GOOD
                   : is_revoked             ? V_OCSP_CERTSTATUS_REVOKED
                                            : V_OCSP_CERTSTATUS_UNKNOWN;
  const bool has_reason = is_revoked && status.reason != revocation_reason::unspecified;
  return from && until && revoked_at &&
         OCSP_basic_add1_status(to, const_cast<OCSP_CERTID*>(of), said,
                                has_reason ? static_cast<int>(status.reason) : OCSP_REVOKED_STATUS_NOSTATUS,
                                is_revoked ? revoked_at.get() : nullptr, from.get(), until.get()) != nullptr;
}

result<byte_buffer> sign(OCSP_BASICRESP* made, const authority& by) {
  // The certificate is not put in: who asks has the authority's.
  const auto* digest = detail::digest_for(by.key().native());
  if (OCSP_basic_sign(made, by.own().native(), by.key().native(), digest, nullptr, OCSP_RESPID_KEY | OCSP_NOCERTS) !=
      1) {
    return fail(errc::io, "OpenSSL could not sign an OCSP response");
  }
  return answer(OCSP_RESPONSE_STATUS_SUCCESSFUL, made);
}

}  // namespace

result<byte_buffer> answer_ocsp(const authority& by, byte_view request, status_of look_up, const answer_terms& terms) {
  const crypto::error_queue_scope quiet;
  const auto asked = parse_request(request);
  const auto once = asked ? nonce_of(asked.get()) : nonce::malformed;
  if (once == nonce::malformed) return answer(OCSP_RESPONSE_STATUS_MALFORMEDREQUEST, nullptr);
  const basic_ptr made(OCSP_BASICRESP_new());
  for (int i = 0; made && i < OCSP_request_onereq_count(asked.get()); ++i) {
    auto* const id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(asked.get(), i));
    ASN1_INTEGER* number = nullptr;
    OCSP_id_get0_info(nullptr, nullptr, nullptr, &number, id);
    const auto serial = detail::serial_text(number);
    const auto status = is_of(by, id) && !serial.empty() ? look_up(serial) : certificate_status{};
    // What is asked for stands in the answer again, and there are algorithms of which OpenSSL cannot repeat the
    // encoding.
    if (!add_status(made.get(), id, status, terms)) return answer(OCSP_RESPONSE_STATUS_MALFORMEDREQUEST, nullptr);
  }
  if (!made || (once == nonce::echoed && OCSP_copy_nonce(made.get(), asked.get()) != 1)) {
    return fail(errc::io, "OpenSSL could not answer an OCSP request");
  }
  return sign(made.get(), by);
}

result<byte_buffer> staple_for(const certificate& of, const authority& by, const certificate_status& status,
                               const answer_terms& terms) {
  const crypto::error_queue_scope quiet;
  if (X509_check_issued(by.own().native(), of.native()) != X509_V_OK) {
    return fail(errc::not_found, "another authority has issued this certificate");
  }
  // SHA-1 names the certificate here, as every client of TLS expects (RFC 5019 2.1.1); nothing rests on it.
  const certificate_id_ptr id(OCSP_cert_to_id(nullptr, of.native(), by.own().native()));
  const basic_ptr made(OCSP_BASICRESP_new());
  if (!id || !made || !add_status(made.get(), id.get(), status, terms)) {
    return fail(errc::io, "OpenSSL could not make an OCSP response");
  }
  return sign(made.get(), by);
}

}  // namespace perigee::identity

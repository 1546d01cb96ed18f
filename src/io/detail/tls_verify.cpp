#include "io/detail/tls_verify.hpp"

#include <cstring>
#include <vector>

namespace perigee::io {
namespace {

/// What TLS makes an alert of (RFC 8446 6.2).
int error_of(chain_verdict::kind of) {
  switch (of) {
    case chain_verdict::kind::good: return X509_V_OK;
    case chain_verdict::kind::lapsed:
    case chain_verdict::kind::expired: return X509_V_ERR_CERT_HAS_EXPIRED;
    case chain_verdict::kind::revoked: return X509_V_ERR_CERT_REVOKED;
    case chain_verdict::kind::unknown_authority: return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    case chain_verdict::kind::refused: break;
  }
  return X509_V_ERR_CERT_REJECTED;
}

chain_verdict ask(const chain_judge& judge, const X509_STORE_CTX& path, std::string_view from) {
  const auto* const shown = X509_STORE_CTX_get0_untrusted(&path);
  std::vector<byte_buffer> all;
  for (int i = 0; i < sk_X509_num(shown); ++i) all.push_back(crypto::der_of(i2d_X509, sk_X509_value(shown, i)));
  const std::vector<byte_view> views(all.begin(), all.end());
  return judge.judge(views, from);
}

/// In place of X509_verify_cert, which is asked as well where the judge does not stand alone; by a client always, for
/// the host's name.
int verify(X509_STORE_CTX* path, void* with) {
  const auto& setup = *static_cast<const tls_setup*>(with);
  auto* const of = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(path, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const bool both = SSL_is_server(of) == 0 || !setup.judge->stands_alone();
  if (both && X509_verify_cert(path) != 1) return 0;
  auto& notes = *static_cast<handshake_notes*>(SSL_get_app_data(of));
  const auto verdict = ask(*setup.judge, *path, notes.peer);
  const bool admitted =
      verdict.is == chain_verdict::kind::good || (verdict.is == chain_verdict::kind::lapsed && setup.admits_lapsed);
  X509_STORE_CTX_set_error(path, admitted ? X509_V_OK : error_of(verdict.is));
  if (!admitted) notes.refusal = verdict.why;
  return admitted ? 1 : 0;
}

int staple(SSL* of, void* with) {
  const auto& setup = *static_cast<const tls_setup*>(with);
  const auto answer = setup.staple->get();
  const bool is_first = X509_cmp(SSL_get_certificate(of), setup.first.get()) == 0;
  if (!answer || !is_first) return SSL_TLSEXT_ERR_NOACK;
  auto* const copy = static_cast<unsigned char*>(OPENSSL_malloc(answer->size()));  // the connection's, which frees it
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  std::memcpy(copy, answer->data(), answer->size());
  SSL_set_tlsext_status_ocsp_resp(of, copy, static_cast<long>(answer->size()));
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

void ask_judge(const tls_setup& setup) {
  SSL_CTX_set_cert_verify_callback(setup.context.get(), verify, const_cast<tls_setup*>(&setup));
}

void offer_staple(const tls_setup& setup) {
  SSL_CTX_set_tlsext_status_cb(setup.context.get(), staple);
  SSL_CTX_set_tlsext_status_arg(setup.context.get(), const_cast<tls_setup*>(&setup));
}

}  // namespace perigee::io

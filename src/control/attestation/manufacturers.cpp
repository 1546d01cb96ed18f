#include "control/attestation/manufacturers.hpp"

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <algorithm>

#include "base/attestation_limits.hpp"
#include "crypto/openssl.hpp"

namespace perigee::control::attestation {
namespace {

using store_ptr = std::unique_ptr<X509_STORE, crypto::freed_by<X509_STORE_free>>;
using context_ptr = std::unique_ptr<X509_STORE_CTX, crypto::freed_by<X509_STORE_CTX_free>>;

constexpr int security_level = 2;  // of OpenSSL: 112 bits
constexpr int depth_max = 4;

store_ptr store_of(const std::vector<identity::certificate>& trusted) {
  store_ptr out(X509_STORE_new());
  for (const auto& each : trusted) X509_STORE_add_cert(out.get(), each.native());
  return out;
}

}  // namespace

result<manufacturers> manufacturers::read(byte_view pem) {
  const crypto::error_queue_scope quiet;
  if (pem.size() > limits::attestation_manufacturers_bytes_max) {
    return fail(errc::too_large, "the file of TPM makers is too large");
  }
  manufacturers out;
  const auto from = crypto::reading(pem);
  while (const crypto::certificate_ptr one{PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr)}) {
    if (out.trusted_.size() == limits::attestation_manufacturers_max) {
      return fail(errc::too_large, "at most 64 certificates of TPM makers are trusted");
    }
    PG_TRY(auto read, identity::certificate::parse_der(crypto::der_of(i2d_X509, one.get())));
    out.trusted_.push_back(std::move(read));
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return fail(errc::malformed, "the file of TPM makers has something that is no certificate");
  }
  if (out.none()) return fail(errc::malformed, "the file of TPM makers has no certificate");
  return out;
}

outcome<> manufacturers::vouch_for(const tpm_key& endorsement, byte_view certificate_der, timestamp at) const {
  const crypto::error_queue_scope quiet;
  const auto shown = identity::certificate::parse_der(certificate_der);
  if (!shown) return refuse(refusal::malformed_certificate, shown.error().what);
  if (!(shown->key() == endorsement.key)) return refuse(refusal::other_endorsement_key);
  const auto store = store_of(trusted_);
  const context_ptr context(X509_STORE_CTX_new());
  if (!context || X509_STORE_CTX_init(context.get(), store.get(), shown->native(), nullptr) != 1) {
    return refuse(refusal::untrusted_manufacturer, "OpenSSL could not begin");
  }
  auto* const terms = X509_STORE_CTX_get0_param(context.get());
  // The operator's file says who is trusted, be it a root or not. It is no strict profile: makers' roots differ.
  X509_VERIFY_PARAM_set_flags(terms, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_depth(terms, depth_max);
  X509_VERIFY_PARAM_set_auth_level(terms, security_level);
  X509_VERIFY_PARAM_set_time(terms, static_cast<std::time_t>(at.ns / 1'000'000'000));
  const bool own = std::ranges::contains(trusted_, *shown);  // one of the makers' is no TPM's
  if (own || shown->facts().is_authority) return refuse(refusal::malformed_certificate, "it is an authority's");
  if (X509_verify_cert(context.get()) != 1) {
    return refuse(refusal::untrusted_manufacturer,
                  X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
  }
  return {};
}

}  // namespace perigee::control::attestation

#include "identity/certificate_bundle.hpp"

#include <openssl/pkcs7.h>

#include "base/identity_limits.hpp"
#include "crypto/openssl.hpp"
#include "identity/refusal.hpp"

namespace perigee::identity {
namespace {

using bundle_ptr = std::unique_ptr<PKCS7, crypto::freed_by<PKCS7_free>>;

bool fill(PKCS7* bundle, std::span<const certificate> all) {
  // Without PKCS7_content_new the content is data that is absent, as RFC 7030 4.1.3 has it.
  if (bundle == nullptr || PKCS7_set_type(bundle, NID_pkcs7_signed) != 1) return false;
  bundle->d.sign->contents->type = OBJ_nid2obj(NID_pkcs7_data);
  for (const auto& each : all) {
    if (PKCS7_add_certificate(bundle, each.native()) != 1) return false;
  }
  return true;
}

}  // namespace

result<byte_buffer> make_bundle(std::span<const certificate> all) {
  const crypto::error_queue_scope errors;
  const bundle_ptr bundle(PKCS7_new());
  if (!fill(bundle.get(), all)) return fail(errc::io, "OpenSSL could not put certificates together");
  auto der = crypto::der_of(i2d_PKCS7, bundle.get());
  if (der.empty()) return fail(errc::io, "OpenSSL could not write certificates");
  return der;
}

result<std::vector<certificate>> parse_bundle(byte_view der) {
  const crypto::error_queue_scope errors;
  if (der.size() > limits::identity_pem_bytes_max) return refuse(refusal::too_large);
  const auto* next = der.data();
  const bundle_ptr bundle(d2i_PKCS7(nullptr, &next, static_cast<long>(der.size())));
  if (!bundle || next != der.data() + der.size()) return refuse(refusal::malformed);
  if (PKCS7_type_is_signed(bundle.get()) == 0 || bundle->d.sign == nullptr) return refuse(refusal::malformed);
  const auto* all = bundle->d.sign->cert;
  const auto count = all == nullptr ? 0 : sk_X509_num(all);
  if (count <= 0) return refuse(refusal::malformed);
  if (static_cast<std::size_t>(count) > limits::identity_bundle_certificates_max)
    return refuse(refusal::chain_too_long);
  std::vector<certificate> out;
  for (int i = 0; i < count; ++i) {
    PG_TRY(auto one, certificate::parse_der(crypto::der_of(i2d_X509, sk_X509_value(all, i))));
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace perigee::identity

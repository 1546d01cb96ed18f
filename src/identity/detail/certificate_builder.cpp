#include "identity/detail/certificate_builder.hpp"

#include "identity/detail/algorithms.hpp"
#include "identity/detail/asn1.hpp"

namespace perigee::identity::detail {
namespace {

constexpr int serial_bits = 159;  // RFC 5280 4.1.2.2: at most 20 octets, positive

bool set_serial(X509* to) {
  const crypto::number_ptr number(BN_new());
  return number != nullptr && BN_rand(number.get(), serial_bits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(to)) != nullptr;
}

bool set_names(X509* to, const std::string& common_name, X509* issuer) {
  auto* const subject = X509_get_subject_name(to);
  return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0) == 1 &&
         X509_set_issuer_name(to, X509_get_subject_name(issuer)) == 1;
}

bool set_validity(X509* to, timestamp from, timestamp until) {
  const auto begin = time_of(from);
  const auto end = time_of(until);
  return begin && end && X509_set1_notBefore(to, begin.get()) == 1 && X509_set1_notAfter(to, end.get()) == 1;
}

bool add_extensions(X509* to, X509* issuer, const extension_texts& texts) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  for (const auto& [nid, text] : texts) {
    const auto extension = make_extension(context, nid, text);
    if (!extension || X509_add_ext(to, extension.get(), -1) != 1) return false;
  }
  return true;
}

}  // namespace

result<certificate> build(const blueprint& of, const public_key& owner, const certificate* issuer,
                          const private_key& issuer_key) {
  const crypto::error_queue_scope quiet;
  const crypto::certificate_ptr made(X509_new());
  auto* const self = made.get();
  auto* const above = issuer != nullptr ? issuer->native() : self;
  auto extensions = of.extensions;
  extensions.emplace_back(NID_subject_key_identifier, owner.key_id());
  if (issuer != nullptr) extensions.emplace_back(NID_authority_key_identifier, "keyid:always");
  const bool good = self != nullptr && X509_set_version(self, X509_VERSION_3) == 1 && set_serial(self) &&
                    set_names(self, of.common_name, above) && set_validity(self, of.from, of.to) &&
                    X509_set_pubkey(self, owner.native()) == 1 && add_extensions(self, above, extensions) &&
                    X509_sign(self, issuer_key.native(), digest_for(issuer_key.native())) > 0;
  if (!good) return fail(errc::io, "OpenSSL could not make a certificate");
  return certificate::parse_der(crypto::der_of(i2d_X509, self));
}

}  // namespace perigee::identity::detail

#include "identity/certificate_request.hpp"

#include <openssl/pem.h>

#include <algorithm>
#include <array>

#include "base/identity_limits.hpp"
#include "crypto/openssl.hpp"
#include "crypto/x509_fields.hpp"
#include "identity/detail/algorithms.hpp"
#include "identity/detail/extensions.hpp"
#include "identity/detail/pem.hpp"
#include "identity/names.hpp"
#include "identity/refusal.hpp"

namespace perigee::identity {
namespace {

/// RFC 7468 7: the first is right, and the second is still about.
constexpr std::array<std::string_view, 2> labels{"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"};

result<std::vector<std::string>> dns_names_of(X509_REQ* request) {
  const crypto::extensions_ptr extensions(X509_REQ_get_extensions(request));
  int how = 0;
  const crypto::general_names_ptr all(
      static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions.get(), NID_subject_alt_name, &how, nullptr)));
  constexpr int absent = -1;
  if (!all && how != absent) return refuse(refusal::malformed);  // undecodable, or several
  if (std::cmp_greater(sk_GENERAL_NAME_num(all.get()), limits::identity_names_max)) return refuse(refusal::too_large);
  return crypto::alternative_names(all.get(), GEN_DNS);
}

result<std::string> challenge_of(const X509_REQ* request) {
  const int at = X509_REQ_get_attr_by_NID(request, NID_pkcs9_challengePassword, -1);
  if (at < 0) return {};
  auto* const attribute = X509_REQ_get_attr(request, at);
  const auto* value = X509_ATTRIBUTE_count(attribute) == 1 ? X509_ATTRIBUTE_get0_type(attribute, 0) : nullptr;
  const bool text = value != nullptr && (value->type == V_ASN1_PRINTABLESTRING || value->type == V_ASN1_UTF8STRING ||
                                         value->type == V_ASN1_IA5STRING || value->type == V_ASN1_T61STRING);
  if (!text || X509_REQ_get_attr_by_NID(request, NID_pkcs9_challengePassword, at) >= 0) {
    return refuse(refusal::malformed);
  }
  const auto* password = value->value.asn1_string;
  std::string out(reinterpret_cast<const char*>(ASN1_STRING_get0_data(password)),
                  static_cast<std::size_t>(ASN1_STRING_length(password)));
  if (out.size() > limits::identity_challenge_bytes_max) return refuse(refusal::malformed);
  return out;
}

result<requested_identity> read_wish(X509_REQ* request) {
  requested_identity out;
  auto name = crypto::common_name(*X509_REQ_get_subject_name(request));
  if (!name || !is_name(*name)) return refuse(refusal::bad_name);
  out.name = *std::move(name);
  PG_TRY(out.dns_names, dns_names_of(request));
  if (!out.dns_names.empty() && !std::ranges::contains(out.dns_names, out.name)) return refuse(refusal::name_mismatch);
  PG_TRY(out.challenge_password, challenge_of(request));
  return out;
}

bool add_names(X509_REQ* to, const std::string& alternative_names) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, nullptr, nullptr, to, nullptr, 0);
  crypto::extensions_ptr all(sk_X509_EXTENSION_new_null());
  auto one = detail::make_extension(context, NID_subject_alt_name, alternative_names);
  if (!all || !one || sk_X509_EXTENSION_push(all.get(), one.get()) <= 0) return false;
  (void)one.release();  // `all` has it now
  return X509_REQ_add_extensions(to, all.get()) == 1;
}

bool add_challenge(X509_REQ* to, const std::string& password) {
  return X509_REQ_add1_attr_by_NID(to, NID_pkcs9_challengePassword, MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(password.data()),
                                   static_cast<int>(password.size())) == 1;
}

/// A request whose sender has the key in it.
struct proven_request {
  crypto::request_ptr parsed;
  crypto::key_ptr key;
};

result<proven_request> prove(byte_view pem_or_der) {
  PG_TRY(const auto der, detail::one_object(pem_or_der, labels, limits::identity_request_bytes_max));
  const auto* at = der.data();
  crypto::request_ptr parsed(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  if (!parsed || crypto::der_of(i2d_X509_REQ, parsed.get()) != der) return refuse(refusal::malformed);
  crypto::key_ptr key(X509_REQ_get_pubkey(parsed.get()));
  PG_TRY_VOID(detail::check_key(key.get()));
  PG_TRY_VOID(detail::check_signature_algorithm(X509_REQ_get_signature_nid(parsed.get())));
  if (X509_REQ_verify(parsed.get(), key.get()) != 1) return refuse(refusal::no_possession);
  return proven_request{std::move(parsed), std::move(key)};
}

}  // namespace

result<certificate_request> certificate_request::parse(byte_view pem_or_der) {
  const crypto::error_queue_scope quiet;
  PG_TRY(auto proven, prove(pem_or_der));
  PG_TRY(auto asks, read_wish(proven.parsed.get()));
  return certificate_request(std::move(asks), public_key(std::move(proven.key)));
}

result<public_key> certificate_request::parse_key(byte_view pem_or_der) {
  const crypto::error_queue_scope quiet;
  PG_TRY(auto proven, prove(pem_or_der));
  return public_key(std::move(proven.key));
}

result<std::string> certificate_request::make(const private_key& key, const requested_identity& wish) {
  const crypto::error_queue_scope quiet;
  if (!is_name(wish.name))
    return fail(errc::malformed, "a name has 1 to 64 letters, digits, dots, hyphens, underscores");
  PG_TRY(const auto names, detail::alternative_names_text(wish.name, wish.dns_names, {}));
  const crypto::request_ptr made(X509_REQ_new());
  const bool good = made && X509_REQ_set_version(made.get(), X509_REQ_VERSION_1) == 1 &&
                    X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(made.get()), NID_commonName, MBSTRING_UTF8,
                                               reinterpret_cast<const unsigned char*>(wish.name.data()),
                                               static_cast<int>(wish.name.size()), -1, 0) == 1 &&
                    X509_REQ_set_pubkey(made.get(), key.native()) == 1 &&
                    (names.empty() || add_names(made.get(), names)) &&
                    (wish.challenge_password.empty() || add_challenge(made.get(), wish.challenge_password)) &&
                    X509_REQ_sign(made.get(), key.native(), detail::digest_for(key.native())) > 0;
  const crypto::bio_ptr out(BIO_new(BIO_s_mem()));
  if (!good || !out || PEM_write_bio_X509_REQ(out.get(), made.get()) != 1) {
    return fail(errc::io, "OpenSSL could not make a certificate request");
  }
  return crypto::text_in(out.get());
}

}  // namespace perigee::identity

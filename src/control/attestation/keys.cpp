#include "control/attestation/keys.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>

#include "control/attestation/detail/digests.hpp"
#include "crypto/openssl.hpp"

namespace perigee::control::attestation {
namespace {

namespace attribute = wire::tpm::attribute;
using wire::tpm::algorithm;
using wire::tpm::ecc_key;
using wire::tpm::rsa_key;

using builder_ptr = std::unique_ptr<OSSL_PARAM_BLD, crypto::freed_by<OSSL_PARAM_BLD_free>>;
using parameters_ptr = std::unique_ptr<OSSL_PARAM, crypto::freed_by<OSSL_PARAM_free>>;
using key_context_ptr = std::unique_ptr<EVP_PKEY_CTX, crypto::freed_by<EVP_PKEY_CTX_free>>;
using digest_context_ptr = std::unique_ptr<EVP_MD_CTX, crypto::freed_by<EVP_MD_CTX_free>>;
using ecdsa_ptr = std::unique_ptr<ECDSA_SIG, crypto::freed_by<ECDSA_SIG_free>>;

constexpr std::uint16_t rsa_bits_min = 2048;
constexpr std::uint16_t rsa_bits_max = 4096;
constexpr std::uint32_t usual_exponent = 65'537;

crypto::number_ptr number_of(byte_view bytes) {
  return crypto::number_ptr(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

/// Null where OpenSSL finds that it is no key, such as a point that is not on its curve.
crypto::key_ptr key_from(const char* kind, OSSL_PARAM_BLD* described) {
  const parameters_ptr parameters(OSSL_PARAM_BLD_to_param(described));
  const key_context_ptr context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* made = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  crypto::key_ptr out(made);
  const key_context_ptr check(EVP_PKEY_CTX_new_from_pkey(nullptr, made, nullptr));
  return check && EVP_PKEY_public_check(check.get()) == 1 ? std::move(out) : nullptr;
}

crypto::key_ptr make_key(const rsa_key& of) {
  const bool good = of.bits >= rsa_bits_min && of.bits <= rsa_bits_max && of.modulus.size() * 8 == of.bits &&
                    of.exponent == usual_exponent;
  if (!good) return nullptr;
  const auto modulus = number_of(of.modulus);
  const builder_ptr described(OSSL_PARAM_BLD_new());
  if (!modulus || !described || OSSL_PARAM_BLD_push_BN(described.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_uint32(described.get(), OSSL_PKEY_PARAM_RSA_E, of.exponent) != 1) {
    return nullptr;
  }
  return key_from("RSA", described.get());
}

/// Of an ECC key: what OpenSSL calls its curve, and the bytes of a coordinate; none where the curve is not taken.
struct curve_facts {
  const char* name = nullptr;
  std::size_t bytes = 0;
};
curve_facts facts_of(wire::tpm::curve of) {
  switch (of) {
    case wire::tpm::curve::p256: return {"P-256", 32};
    case wire::tpm::curve::p384: return {"P-384", 48};
  }
  return {};
}

crypto::key_ptr make_key(const ecc_key& of) {
  const auto facts = facts_of(of.curve);
  // A TPM may leave out zeros in front (Part 1, C.8).
  if (facts.name == nullptr || of.x.empty() || of.y.empty() || of.x.size() > facts.bytes || of.y.size() > facts.bytes) {
    return nullptr;
  }
  byte_buffer point(1 + 2 * facts.bytes, 0);
  point.front() = POINT_CONVERSION_UNCOMPRESSED;
  std::ranges::copy_backward(of.x, point.begin() + 1 + static_cast<std::ptrdiff_t>(facts.bytes));
  std::ranges::copy_backward(of.y, point.end());
  const builder_ptr described(OSSL_PARAM_BLD_new());
  if (!described || OSSL_PARAM_BLD_push_utf8_string(described.get(), OSSL_PKEY_PARAM_GROUP_NAME, facts.name, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(described.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
    return nullptr;
  }
  return key_from("EC", described.get());
}

bool is_strong(algorithm digest) {
  return digest == algorithm::sha256 || digest == algorithm::sha384 || digest == algorithm::sha512;
}

/// What OpenSSL verifies: of ECDSA the two numbers in DER. Empty where it is none.
byte_buffer signature_bytes(const wire::tpm::signature& of) {
  if (of.scheme != algorithm::ecdsa) return of.r;
  const ecdsa_ptr pair(ECDSA_SIG_new());
  auto r = number_of(of.r);
  auto s = number_of(of.s);
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  (void)r.release();  // they are parts of `pair` now
  (void)s.release();
  return crypto::der_of(i2d_ECDSA_SIG, static_cast<const ECDSA_SIG*>(pair.get()));
}

bool fits(const wire::tpm::signature& shown, const tpm_key& by) {
  const bool is_rsa = std::holds_alternative<rsa_key>(by.area.key);
  return is_rsa == (shown.scheme != algorithm::ecdsa) &&
         (by.area.scheme == algorithm::null || by.area.scheme == shown.scheme);
}

bool verifies(const wire::tpm::signature& shown, const tpm_key& by, byte_view bytes) {
  const digest_context_ptr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* how = nullptr;
  if (!context || EVP_DigestVerifyInit_ex(context.get(), &how, detail::name_of(shown.digest), nullptr, nullptr,
                                          by.key.native(), nullptr) != 1) {
    return false;
  }
  if (shown.scheme == algorithm::rsapss && (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) != 1 ||
                                            EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_AUTO) != 1)) {
    return false;
  }
  const auto made = signature_bytes(shown);
  return EVP_DigestVerify(context.get(), made.data(), made.size(), bytes.data(), bytes.size()) == 1;
}

}  // namespace

outcome<tpm_key> read_key(byte_view tpm2b_public) {
  const crypto::error_queue_scope quiet;
  auto area = wire::tpm::read_public(tpm2b_public);
  if (!area) return refuse(refusal::malformed_key, area.error().what);
  if (area->name_digest != algorithm::sha256 && area->name_digest != algorithm::sha384) {
    return refuse(refusal::malformed_key, "its name is no SHA-256 or SHA-384 digest");
  }
  crypto::key_ptr key = std::visit([](const auto& of) { return make_key(of); }, area->key);
  if (!key) return refuse(refusal::malformed_key, "not RSA of 2048 to 4096 bits, ECC P-256 or P-384");
  return tpm_key{*std::move(area), identity::public_key(std::move(key))};
}

byte_buffer name_of(const wire::tpm::public_area& area) {
  const auto number = static_cast<std::uint16_t>(area.name_digest);
  byte_buffer out{static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
  const auto digest = detail::digest_of(area.name_digest, {area.encoded});
  out.insert(out.end(), digest.begin(), digest.end());
  return out;
}

outcome<> check_endorsement_key(const tpm_key& key) {
  const auto& area = key.area;
  const bool good =
      area.has(attribute::fixed_tpm | attribute::fixed_parent | attribute::restricted | attribute::decrypt) &&
      !area.has(attribute::sign) && area.symmetric == algorithm::aes && area.symmetric_mode == algorithm::cfb &&
      (area.symmetric_bits == 128 || area.symmetric_bits == 256);
  if (!good) return refuse(refusal::weak_endorsement_key);
  return {};
}

bool stays_in_its_tpm(const wire::tpm::public_area& area) {
  return area.has(attribute::fixed_tpm | attribute::fixed_parent | attribute::sensitive_data_origin);
}

outcome<> check_attestation_key(const tpm_key& key) {
  const auto& area = key.area;
  const bool good = stays_in_its_tpm(area) && area.has(attribute::restricted | attribute::sign) &&
                    !area.has(attribute::decrypt) && is_strong(area.scheme_digest);
  if (!good) return refuse(refusal::weak_attestation_key);
  return {};
}

outcome<algorithm> digest_of_signature(byte_view tpmt_signature) {
  const auto shown = wire::tpm::read_signature(tpmt_signature);
  if (!shown) return refuse(refusal::malformed_attestation, shown.error().what);
  if (!is_strong(shown->digest)) return refuse(refusal::malformed_attestation, "signed with less than SHA-256");
  return shown->digest;
}

outcome<> check_signature(const tpm_key& by, byte_view bytes, byte_view tpmt_signature) {
  const crypto::error_queue_scope quiet;
  PG_TRY_VOID(digest_of_signature(tpmt_signature));
  const auto shown = wire::tpm::read_signature(tpmt_signature);
  if (!fits(*shown, by) || !verifies(*shown, by, bytes)) return refuse(refusal::bad_signature);
  return {};
}

}  // namespace perigee::control::attestation

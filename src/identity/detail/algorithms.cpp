#include "identity/detail/algorithms.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "crypto/openssl.hpp"
#include "identity/refusal.hpp"

namespace perigee::identity::detail {
namespace {

constexpr int rsa_bits_min = 2048;
constexpr int rsa_bits_max = 4096;
constexpr int rsa_exponent_bits_min = 17;  // 65537 (NIST SP 800-56B 6.2)

bool is_good_curve(const EVP_PKEY* key) {
  // A curve that is spelt out can be one of somebody's own making (CVE-2020-0601), so only its name is taken.
  int spelt_out = 0;
  if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &spelt_out) == 1 && spelt_out != 0) {
    return false;
  }
  std::array<char, 64> name{};
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) != 1) return false;
  const int curve = OBJ_txt2nid(name.data());
  return curve == NID_X9_62_prime256v1 || curve == NID_secp384r1;
}

bool is_good_rsa(const EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < rsa_bits_min || bits > rsa_bits_max) return false;
  BIGNUM* exponent = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) return false;
  const crypto::number_ptr owned(exponent);
  return BN_num_bits(exponent) >= rsa_exponent_bits_min && BN_num_bits(exponent) <= 256 && BN_is_odd(exponent) == 1;
}

}  // namespace

result<> check_key(const EVP_PKEY* key) {
  const crypto::error_queue_scope quiet;
  const bool good =
      key != nullptr && (EVP_PKEY_is_a(key, "ED25519") == 1 || (EVP_PKEY_is_a(key, "EC") == 1 && is_good_curve(key)) ||
                         (EVP_PKEY_is_a(key, "RSA") == 1 && is_good_rsa(key)));
  if (!good) return refuse(refusal::weak_key);
  return {};
}

result<> check_signature_algorithm(int signature_nid) {
  constexpr std::array good{NID_ecdsa_with_SHA256,
                            NID_ecdsa_with_SHA384,
                            NID_ecdsa_with_SHA512,
                            NID_sha256WithRSAEncryption,
                            NID_sha384WithRSAEncryption,
                            NID_sha512WithRSAEncryption,
                            NID_ED25519};
  if (!std::ranges::contains(good, signature_nid)) return refuse(refusal::weak_signature);
  return {};
}

const EVP_MD* digest_for(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return nullptr;
  return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_bits(key) > 256 ? EVP_sha384() : EVP_sha256();
}

}  // namespace perigee::identity::detail

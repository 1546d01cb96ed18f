#pragma once
// A certificate authority in a temporary folder, for tests.

#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/detail/openssl.hpp"
#include "io/tls.hpp"

namespace perigee::io {

/// What a certificate is to say. Texts may have any bytes in them.
struct certificate_wish {
  std::vector<std::string> common_names{};
  std::vector<std::pair<int, std::string>> alternative_names{};  // GEN_DNS, GEN_URI, GEN_EMAIL
  long valid_for_s = 86'400;
  std::string permitted{};  // an authority that is constrained to DNS names that end so (RFC 5280 4.2.1.10)
};

/// Owned by a test; its folder ends with it.
class test_authority {
 public:
  test_authority() {
    folder_ = ::mkdtemp(folder_.data());
    key_.reset(EVP_EC_gen("P-256"));
    self_ = make({.common_names = {"test authority"}}, key_.get(), nullptr, key_.get());
    write("authority.crt", pem(*self_));
  }
  ~test_authority() { std::filesystem::remove_all(folder_); }
  test_authority(const test_authority&) = delete;
  test_authority& operator=(const test_authority&) = delete;

  [[nodiscard]] std::string path(std::string_view name) const { return folder_ + "/" + std::string(name); }
  [[nodiscard]] certificate_ptr issue(const certificate_wish& wish) const {
    const key_ptr key(EVP_EC_gen("P-256"));
    return make(wish, key.get(), self_.get(), key_.get());
  }
  /// NAME.crt and NAME.key, with this authority as the one that is trusted.
  tls_files write_identity(const std::string& name, const certificate_wish& wish) const {
    const key_ptr key(EVP_EC_gen("P-256"));
    return write_identity(name, pem(*make(wish, key.get(), self_.get(), key_.get())), *key);
  }
  /// The same, issued by the constrained authority of a gateway that this one issues.
  tls_files write_identity_below(const std::string& gateway, const std::string& name,
                                 const certificate_wish& wish) const {
    const key_ptr gateway_key(EVP_EC_gen("P-256"));
    const auto middle =
        make({.common_names = {gateway + " CA"}, .permitted = gateway}, gateway_key.get(), self_.get(), key_.get());
    const key_ptr key(EVP_EC_gen("P-256"));
    return write_identity(name, pem(*make(wish, key.get(), middle.get(), gateway_key.get())) + pem(*middle), *key);
  }
  tls_files write_identity(const std::string& name) const {
    return write_identity(name, {.common_names = {name}, .alternative_names = {{GEN_DNS, name}}});
  }
  void write(const std::string& name, const std::string& text) const {
    std::FILE* out = std::fopen(path(name).c_str(), "wb");
    (void)std::fwrite(text.data(), 1, text.size(), out);
    (void)std::fclose(out);
  }

 private:
  [[nodiscard]] tls_files write_identity(const std::string& name, const std::string& chain, EVP_PKEY& key) const {
    write(name + ".crt", chain);
    write(name + ".key", pem(key));
    return {path(name + ".crt"), path(name + ".key"), path("authority.crt")};
  }
  static std::string pem(X509& of) {
    const bio_ptr out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(out.get(), &of);
    return crypto::text_in(out.get());
  }
  static std::string pem(EVP_PKEY& of) {
    const bio_ptr out(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(out.get(), &of, nullptr, nullptr, 0, nullptr, nullptr);
    return crypto::text_in(out.get());
  }
  static void name(X509& of, const std::vector<std::pair<int, std::string>>& names) {
    if (names.empty()) return;
    const general_names_ptr all(sk_GENERAL_NAME_new_null());
    for (const auto& [kind, text] : names) {
      auto* value = ASN1_IA5STRING_new();
      ASN1_STRING_set(value, text.data(), static_cast<int>(text.size()));
      auto* one = GENERAL_NAME_new();
      GENERAL_NAME_set0_value(one, kind, value);
      sk_GENERAL_NAME_push(all.get(), one);
    }
    X509_add1_ext_i2d(&of, NID_subject_alt_name, all.get(), 0, 0);
  }

  static void may_sign(X509& of) {
    const std::unique_ptr<BASIC_CONSTRAINTS, freed_by<BASIC_CONSTRAINTS_free>> says(BASIC_CONSTRAINTS_new());
    says->ca = 1;
    X509_add1_ext_i2d(&of, NID_basic_constraints, says.get(), 1, 0);
  }

  static void constrain(X509& of, const std::string& permitted) {
    const crypto::extension_ptr made(
        X509V3_EXT_nconf_nid(nullptr, nullptr, NID_name_constraints, ("critical,permitted;DNS:" + permitted).c_str()));
    X509_add_ext(&of, made.get(), -1);
  }

  [[nodiscard]] certificate_ptr make(const certificate_wish& wish, EVP_PKEY* key, X509* issuer,
                                     EVP_PKEY* issuer_key) const {
    certificate_ptr made(X509_new());
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial_);
    for (const auto& each : wish.common_names) {
      X509_NAME_add_entry_by_NID(X509_get_subject_name(made.get()), NID_commonName, V_ASN1_UTF8STRING,
                                 reinterpret_cast<const unsigned char*>(each.data()), static_cast<int>(each.size()), -1,
                                 0);
    }
    X509_set_issuer_name(made.get(), X509_get_subject_name(issuer != nullptr ? issuer : made.get()));
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), wish.valid_for_s);
    X509_set_pubkey(made.get(), key);
    name(*made, wish.alternative_names);
    if (issuer == nullptr || !wish.permitted.empty()) may_sign(*made);
    if (!wish.permitted.empty()) constrain(*made, wish.permitted);
    X509_sign(made.get(), issuer_key, EVP_sha256());
    return made;
  }

  std::string folder_ = "/tmp/perigee-tls-XXXXXX";
  key_ptr key_;
  certificate_ptr self_;
  mutable long serial_ = 0;
};

}  // namespace perigee::io

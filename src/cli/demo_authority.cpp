#include "cli/demo_authority.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace perigee::cli {
namespace {

template <auto Free>
struct freed {
  void operator()(auto* p) const { Free(p); }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed<EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, freed<X509_free>>;
using bio_ptr = std::unique_ptr<BIO, freed<BIO_free_all>>;
using bn_ptr = std::unique_ptr<BIGNUM, freed<BN_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed<X509_EXTENSION_free>>;

constexpr long x509_version_3 = 2;
constexpr int serial_bits = 159;  // RFC 5280 4.1.2.2: at most 20 octets, positive

key_ptr make_key() { return key_ptr(EVP_EC_gen("P-256")); }

bool set_serial(X509* certificate) {
  const bn_ptr number(BN_new());
  return number != nullptr && BN_rand(number.get(), serial_bits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_name(X509_NAME* name, const std::string& common_name) {
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0) == 1;
}

bool set_validity(X509* certificate, timestamp from, timestamp to) {
  const auto seconds = [](timestamp t) { return static_cast<std::time_t>(t.ns / 1'000'000'000); };
  return ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(from)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(to)) != nullptr;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const extension_ptr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

template <class Write>
result<std::string> to_pem(Write write) {
  const bio_ptr memory(BIO_new(BIO_s_mem()));
  if (memory == nullptr || write(memory.get()) != 1) return fail(errc::io, "OpenSSL could not write PEM");
  char* text = nullptr;
  const auto length = BIO_get_mem_data(memory.get(), &text);
  return std::string(text, static_cast<std::size_t>(length));
}

}  // namespace

struct demo_authority::state {
  key_ptr key;
  x509_ptr certificate;
  timestamp from;
  timestamp to;
};

demo_authority::demo_authority(std::unique_ptr<state> made) : state_(std::move(made)) {}
demo_authority::demo_authority(demo_authority&&) noexcept = default;
demo_authority::~demo_authority() = default;

result<demo_authority> demo_authority::make(timestamp now, nanoseconds valid_for) {
  // An hour back: the clocks of a site are not one.
  auto made = std::make_unique<state>(make_key(), x509_ptr(X509_new()), now - std::chrono::hours(1), now + valid_for);
  auto* const self = made->certificate.get();
  const bool good = made->key && self && X509_set_version(self, x509_version_3) == 1 && set_serial(self) &&
                    set_name(X509_get_subject_name(self), "Perigee demo authority") &&
                    X509_set_issuer_name(self, X509_get_subject_name(self)) == 1 &&
                    set_validity(self, made->from, made->to) && X509_set_pubkey(self, made->key.get()) == 1 &&
                    add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    add_extension(self, self, NID_subject_key_identifier, "hash") &&
                    X509_sign(self, made->key.get(), EVP_sha256()) > 0;
  if (!good) return fail(errc::io, "OpenSSL could not make an authority");
  return demo_authority(std::move(made));
}

result<issued_certificate> demo_authority::issue(const std::string& common_name) const {
  const auto key = make_key();
  const x509_ptr made(X509_new());
  auto* const issuer = state_->certificate.get();
  const bool good =
      key && made && X509_set_version(made.get(), x509_version_3) == 1 && set_serial(made.get()) &&
      set_name(X509_get_subject_name(made.get()), common_name) &&
      X509_set_issuer_name(made.get(), X509_get_subject_name(issuer)) == 1 &&
      set_validity(made.get(), state_->from, state_->to) && X509_set_pubkey(made.get(), key.get()) == 1 &&
      add_extension(made.get(), issuer, NID_basic_constraints, "critical,CA:FALSE") &&
      add_extension(made.get(), issuer, NID_key_usage, "critical,digitalSignature") &&
      add_extension(made.get(), issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
      add_extension(made.get(), issuer, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1") &&
      add_extension(made.get(), issuer, NID_authority_key_identifier, "keyid") &&
      X509_sign(made.get(), state_->key.get(), EVP_sha256()) > 0;
  if (!good) return fail(errc::io, "OpenSSL could not issue a certificate");
  issued_certificate out;
  PG_TRY(out.certificate, to_pem([&](BIO* to) { return PEM_write_bio_X509(to, made.get()); }));
  PG_TRY(out.key, to_pem([&](BIO* to) {
           return PEM_write_bio_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
         }));
  return out;
}

result<std::string> demo_authority::certificate() const {
  return to_pem([&](BIO* to) { return PEM_write_bio_X509(to, state_->certificate.get()); });
}

result<certificate_facts> read_certificate(const std::string& pem) {
  const bio_ptr from(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const x509_ptr read(from ? PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!read) return fail(errc::malformed, "not a certificate in PEM");
  certificate_facts out;
  char name[256] = {};
  if (X509_NAME_get_text_by_NID(X509_get_subject_name(read.get()), NID_commonName, name, sizeof(name)) > 0)
    out.common_name = name;
  std::tm ends{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(read.get()), &ends) != 1) return fail(errc::malformed, "a certificate's end");
  out.ends.ns = static_cast<std::int64_t>(timegm(&ends)) * 1'000'000'000;
  return out;
}

}  // namespace perigee::cli

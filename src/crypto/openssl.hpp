#pragma once
// OpenSSL's objects with owners. For .cpp files and detail/ only: no public header needs OpenSSL's.

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "base/bytes.hpp"

namespace perigee::crypto {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* owned) const noexcept {
    Free(owned);
  }
};

inline void free_certificates(STACK_OF(X509) * all) { sk_X509_pop_free(all, X509_free); }
inline void free_extensions(STACK_OF(X509_EXTENSION) * all) { sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free); }

using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using certificates_ptr = std::unique_ptr<STACK_OF(X509), freed_by<free_certificates>>;
using request_ptr = std::unique_ptr<X509_REQ, freed_by<X509_REQ_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;
using extensions_ptr = std::unique_ptr<STACK_OF(X509_EXTENSION), freed_by<free_extensions>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using number_ptr = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
using integer_ptr = std::unique_ptr<ASN1_INTEGER, freed_by<ASN1_INTEGER_free>>;
using octets_ptr = std::unique_ptr<ASN1_OCTET_STRING, freed_by<ASN1_OCTET_STRING_free>>;
using time_ptr = std::unique_ptr<ASN1_TIME, freed_by<ASN1_TIME_free>>;
using general_name_ptr = std::unique_ptr<GENERAL_NAME, freed_by<GENERAL_NAME_free>>;
using general_names_ptr = std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>>;

/// What OpenSSL puts on this thread's queue of errors while this lives is gone after it: the next one to look at the
/// queue, such as TLS, is not told of failures that were answered.
class error_queue_scope {
 public:
  error_queue_scope() { ERR_set_mark(); }
  ~error_queue_scope() { ERR_pop_to_mark(); }
  error_queue_scope(const error_queue_scope&) = delete;
  error_queue_scope& operator=(const error_queue_scope&) = delete;
};

/// All that was written to a BIO in memory.
[[nodiscard]] inline std::string text_in(BIO* memory) {
  char* text = nullptr;
  const auto bytes = BIO_get_mem_data(memory, &text);
  return {text, static_cast<std::size_t>(bytes)};
}

/// A BIO that reads these bytes, which outlive it.
[[nodiscard]] inline bio_ptr reading(byte_view bytes) {
  return bio_ptr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

/// DER of an object, by its own function: `der_of(i2d_X509, certificate)`. Empty where OpenSSL fails.
template <class Encode, class T>
[[nodiscard]] byte_buffer der_of(Encode encode, T* object) {
  unsigned char* der = nullptr;
  const int bytes = encode(object, &der);
  if (bytes <= 0) return {};
  byte_buffer out(der, der + bytes);
  OPENSSL_free(der);
  return out;
}

}  // namespace perigee::crypto

#pragma once
// The objects of OpenSSL's TLS with owners, and those of its library of cryptography under this folder's names.

#include <openssl/ssl.h>

#include <memory>

#include "crypto/openssl.hpp"

namespace perigee::io {

using crypto::bio_ptr;
using crypto::certificate_ptr;
using crypto::certificates_ptr;
using crypto::freed_by;
using crypto::general_names_ptr;
using crypto::key_ptr;
using ssl_context_ptr = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using ssl_ptr = std::unique_ptr<SSL, freed_by<SSL_free>>;
using bio_method_ptr = std::unique_ptr<BIO_METHOD, freed_by<BIO_meth_free>>;

}  // namespace perigee::io

#pragma once
// Keys that stay in their token, PKCS#11 or TPM 2.0, through OpenSSL's providers.

#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

struct evp_pkey_st;      // OpenSSL's EVP_PKEY
struct ossl_lib_ctx_st;  // and OSSL_LIB_CTX

namespace perigee::crypto {

struct token_key {
  std::shared_ptr<evp_pkey_st> key;
  /// Where the token's provider is loaded beside OpenSSL's own: what uses the key is made in it. Lives as long as the
  /// process.
  ossl_lib_ctx_st* context;
};

/// Whether this names a key in a token: "pkcs11:token=plant;object=issuing" (RFC 7512), or "handle:0x81000001" of a
/// TPM 2.0.
[[nodiscard]] bool is_token_uri(std::string_view name);
/// Where the provider for such a key is; null where it is not installed, or this is no such name.
[[nodiscard]] ossl_lib_ctx_st* context_of_token(std::string_view uri);
/// The key by its URI, with the token's PIN or the key's authorisation; without one a provider may ask at the terminal.
/// Loads OpenSSL's provider for it, apart from the one that everything else uses, and blocks while the token answers:
/// for start-up, or one worker. errc::malformed for another kind of URI, errc::unsupported where the provider is not
/// installed (the sentence names Debian's package), errc::not_found, errc::too_large.
[[nodiscard]] result<token_key> find_token_key(const std::string& uri, std::string_view pin = {});

}  // namespace perigee::crypto

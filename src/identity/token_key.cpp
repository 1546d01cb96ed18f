// Keys that stay in their token: PKCS#11 and TPM 2.0, through OpenSSL's providers.

#include <openssl/conf.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/identity_limits.hpp"
#include "crypto/openssl.hpp"
#include "identity/detail/algorithms.hpp"
#include "identity/private_key.hpp"

namespace perigee::identity {
namespace {

using store_ptr = std::unique_ptr<OSSL_STORE_CTX, crypto::freed_by<OSSL_STORE_close>>;
using found_ptr = std::unique_ptr<OSSL_STORE_INFO, crypto::freed_by<OSSL_STORE_INFO_free>>;
using ui_ptr = std::unique_ptr<UI_METHOD, crypto::freed_by<UI_destroy_method>>;

struct token_kind {
  std::string_view scheme;
  const char* provider;
  const char* missing;  // what a person does about it
};
constexpr std::array kinds{
    token_kind{"pkcs11:", "pkcs11", "OpenSSL has no PKCS#11 provider here: apt install pkcs11-provider"},
    token_kind{"handle:", "tpm2", "OpenSSL has no TPM 2.0 provider here: apt install tpm2-openssl"},
};

/// The machine's openssl.cnf, where it has one: it may say which PKCS#11 module or which TPM there is.
void load_configuration(OSSL_LIB_CTX* into) {
  char* const path = CONF_get1_default_config_file();
  if (path != nullptr) OSSL_LIB_CTX_load_config(into, path);
  OPENSSL_free(path);
}

/// A library context with the provider of one kind of token beside OpenSSL's own, which is preferred: only what needs
/// the key goes to the token. Null where the provider is not installed. It lives as long as the process, as the keys
/// in it may.
OSSL_LIB_CTX* context_of(const token_kind& kind) {
  auto* made = OSSL_LIB_CTX_new();
  if (made == nullptr) return nullptr;
  load_configuration(made);
  const bool good = OSSL_PROVIDER_load(made, kind.provider) != nullptr &&
                    OSSL_PROVIDER_load(made, "default") != nullptr &&
                    EVP_set_default_properties(made, "?provider=default") == 1;
  if (good) return made;
  OSSL_LIB_CTX_free(made);
  return nullptr;
}

OSSL_LIB_CTX* kept_context_of(const token_kind& kind) {
  static std::array<OSSL_LIB_CTX*, kinds.size()> kept{};
  auto& place = kept.at(static_cast<std::size_t>(&kind - kinds.data()));
  if (place == nullptr) place = context_of(kind);
  return place;
}

/// Answers a token that asks for its PIN; one that is not right is not given twice, for tokens lock themselves.
struct pin_answer {
  std::string_view pin;
  bool given = false;

  static int give(char* into, int size, int /*writing*/, void* self) {
    auto& answer = *static_cast<pin_answer*>(self);
    if (answer.given || answer.pin.empty() || std::cmp_greater_equal(answer.pin.size(), size)) return -1;
    answer.given = true;
    std::memcpy(into, answer.pin.data(), answer.pin.size());
    return static_cast<int>(answer.pin.size());
  }
};

crypto::key_ptr find_key(OSSL_LIB_CTX* in, const std::string& uri, pin_answer& pin) {
  const ui_ptr ui(UI_UTIL_wrap_read_pem_callback(pin_answer::give, 0));
  const store_ptr store(OSSL_STORE_open_ex(uri.c_str(), in, nullptr, ui.get(), &pin, nullptr, nullptr, nullptr));
  if (!store || OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_PKEY) != 1) return nullptr;
  while (OSSL_STORE_eof(store.get()) == 0) {
    const found_ptr found(OSSL_STORE_load(store.get()));
    if (!found) {
      if (OSSL_STORE_error(store.get()) != 0) return nullptr;
      continue;
    }
    if (OSSL_STORE_INFO_get_type(found.get()) == OSSL_STORE_INFO_PKEY) {
      return crypto::key_ptr(OSSL_STORE_INFO_get1_PKEY(found.get()));
    }
  }
  return nullptr;
}

}  // namespace

result<private_key> key_in_token(const std::string& uri, std::string_view passphrase) {
  const crypto::error_queue_scope quiet;
  if (passphrase.size() > limits::identity_passphrase_bytes_max) {
    return fail(errc::too_large, "a PIN has at most 1024 bytes");
  }
  const auto* const kind =
      std::ranges::find_if(kinds, [&](const token_kind& k) { return std::string_view(uri).starts_with(k.scheme); });
  if (kind == kinds.end()) {
    return fail(errc::malformed, "a key in a token is named by pkcs11:... or handle:0x81000001");
  }
  auto* const context = kept_context_of(*kind);
  if (context == nullptr) return fail(errc::unsupported, kind->missing);
  pin_answer pin{passphrase};
  auto found = find_key(context, uri, pin);
  if (!found) return fail(errc::not_found, "the token has no private key of this name, or wants another PIN");
  PG_TRY_VOID(detail::check_key(found.get()));
  return private_key(std::move(found));
}

}  // namespace perigee::identity

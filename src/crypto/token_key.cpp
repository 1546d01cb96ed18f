#include "crypto/token_key.hpp"

#include <openssl/conf.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/identity_limits.hpp"
#include "crypto/openssl.hpp"

namespace perigee::crypto {
namespace {

using store_ptr = std::unique_ptr<OSSL_STORE_CTX, freed_by<OSSL_STORE_close>>;
using found_ptr = std::unique_ptr<OSSL_STORE_INFO, freed_by<OSSL_STORE_INFO_free>>;
using ui_ptr = std::unique_ptr<UI_METHOD, freed_by<UI_destroy_method>>;

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

/// Made once. Who installs a provider later starts the process again.
OSSL_LIB_CTX* kept_context_of(const token_kind& kind) {
  if (&kind == &kinds.front()) {
    static auto* const pkcs11 = context_of(kinds.front());
    return pkcs11;
  }
  static auto* const tpm = context_of(kinds.back());
  return tpm;
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

key_ptr find_key(OSSL_LIB_CTX* in, const std::string& uri, pin_answer& pin) {
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
      return key_ptr(OSSL_STORE_INFO_get1_PKEY(found.get()));
    }
  }
  return nullptr;
}

const token_kind* kind_of(std::string_view uri) {
  const auto found = std::ranges::find_if(kinds, [&](const token_kind& k) { return uri.starts_with(k.scheme); });
  return found == kinds.end() ? nullptr : &*found;
}

}  // namespace

bool is_token_uri(std::string_view name) { return kind_of(name) != nullptr; }

OSSL_LIB_CTX* context_of_token(std::string_view uri) {
  const error_queue_scope quiet;
  const auto* const kind = kind_of(uri);
  return kind == nullptr ? nullptr : kept_context_of(*kind);
}

result<token_key> find_token_key(const std::string& uri, std::string_view pin) {
  const error_queue_scope quiet;
  if (pin.size() > limits::identity_passphrase_bytes_max) return fail(errc::too_large, "a PIN has at most 1024 bytes");
  const auto* const kind = kind_of(uri);
  if (kind == nullptr) {
    return fail(errc::malformed, "a key in a token is named by pkcs11:... or handle:0x81000001");
  }
  auto* const context = kept_context_of(*kind);
  if (context == nullptr) return fail(errc::unsupported, kind->missing);
  pin_answer answer{pin};
  auto found = find_key(context, uri, answer);
  if (!found) return fail(errc::not_found, "the token has no private key of this name, or wants another PIN");
  return token_key{std::move(found), context};
}

}  // namespace perigee::crypto

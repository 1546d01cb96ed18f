#include "crypto/aead.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <charconv>

#include "base/check.hpp"

namespace perigee::crypto {
namespace {

EVP_CIPHER_CTX* as_cipher(void* context) { return static_cast<EVP_CIPHER_CTX*>(context); }

/// OpenSSL takes lengths as int. Records are bounded far below.
int length_of(byte_view bytes) {
  PG_CHECK(bytes.size() <= INT32_MAX, "what is sealed at once is under 2 GiB");
  return static_cast<int>(bytes.size());
}

OSSL_PARAM octets(const char* name, byte_view bytes) {
  // OpenSSL reads through the pointer, and does not write.
  return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()), bytes.size());
}

void* make_context(const key& with, bool seals) {
  auto* made = EVP_CIPHER_CTX_new();
  PG_CHECK(made != nullptr, "there is memory for a cipher");
  PG_CHECK(EVP_CipherInit_ex2(made, EVP_aes_256_gcm(), with.data(), nullptr, seals ? 1 : 0, nullptr) == 1,
           "OpenSSL has AES-256-GCM");
  return made;
}

}  // namespace

key derive_key(byte_view secret, byte_view salt, byte_view info) {
  constexpr std::array<std::uint8_t, 32> no_salt{};  // RFC 5869 2.2: as many zeros as the hash has bytes
  if (salt.empty()) salt = no_salt;
  struct freed {
    void operator()(EVP_KDF* k) const { EVP_KDF_free(k); }
    void operator()(EVP_KDF_CTX* c) const { EVP_KDF_CTX_free(c); }
  };
  const std::unique_ptr<EVP_KDF, freed> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  PG_CHECK(kdf != nullptr, "OpenSSL has HKDF");
  const std::unique_ptr<EVP_KDF_CTX, freed> context(EVP_KDF_CTX_new(kdf.get()));
  char digest[] = "SHA256";
  const std::array params{OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                          octets(OSSL_KDF_PARAM_KEY, secret), octets(OSSL_KDF_PARAM_SALT, salt),
                          octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
  key out;
  PG_CHECK(EVP_KDF_derive(context.get(), out.data(), out.size(), params.data()) == 1, "HKDF takes any input");
  return out;
}

result<key> parse_key(byte_view text) {
  constexpr std::size_t digits = 2 * key_bytes;
  key out;
  if (text.size() == key_bytes) {
    std::ranges::copy(text, out.begin());
    return out;
  }
  auto hex = as_text(text);
  while (hex.ends_with('\n') || hex.ends_with('\r')) hex.remove_suffix(1);
  bool good = hex.size() == digits;
  for (std::size_t i = 0; good && i < key_bytes; ++i) {
    const auto* from = hex.data() + 2 * i;
    const auto [end, failed] = std::from_chars(from, from + 2, out[i], 16);
    good = failed == std::errc() && end == from + 2;
  }
  if (!good) return fail(errc::malformed, "a key has 32 raw bytes or 64 hexadecimal digits: openssl rand -hex 32");
  return out;
}

void aead::context_free::operator()(void* context) const { EVP_CIPHER_CTX_free(as_cipher(context)); }

aead::aead(const key& with) : sealing_(make_context(with, true)), opening_(make_context(with, false)) {}

void aead::seal(const nonce& once, byte_view associated, byte_view plain, byte_span out) {
  PG_CHECK(out.size() == plain.size() + tag_bytes, "a sealed text is longer by its tag");
  auto* c = as_cipher(sealing_.get());
  int n = 0;
  bool done = EVP_EncryptInit_ex2(c, nullptr, nullptr, once.data(), nullptr) == 1;
  done = done && EVP_EncryptUpdate(c, nullptr, &n, associated.data(), length_of(associated)) == 1;
  done = done && EVP_EncryptUpdate(c, out.data(), &n, plain.data(), length_of(plain)) == 1;
  done = done && EVP_EncryptFinal_ex(c, out.data() + plain.size(), &n) == 1;
  done = done && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, tag_bytes, out.data() + plain.size()) == 1;
  PG_CHECK(done, "AES-256-GCM seals any text");
}

result<> aead::open(const nonce& once, byte_view associated, byte_view sealed, byte_span out) {
  PG_CHECK(sealed.size() < tag_bytes || out.size() == sealed.size() - tag_bytes, "a plain text is shorter by the tag");
  if (sealed.size() < tag_bytes) return fail(errc::corrupt, "a sealed text ends within its tag");
  const auto text = sealed.first(out.size());
  std::array<std::uint8_t, tag_bytes> tag;
  std::ranges::copy(sealed.last(tag_bytes), tag.begin());
  auto* c = as_cipher(opening_.get());
  int n = 0;
  bool done = EVP_DecryptInit_ex2(c, nullptr, nullptr, once.data(), nullptr) == 1;
  done = done && EVP_DecryptUpdate(c, nullptr, &n, associated.data(), length_of(associated)) == 1;
  done = done && EVP_DecryptUpdate(c, out.data(), &n, text.data(), length_of(text)) == 1;
  done = done && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1;
  std::array<std::uint8_t, tag_bytes> rest;
  done = done && EVP_DecryptFinal_ex(c, rest.data(), &n) == 1;
  if (!done) return fail(errc::corrupt, "what was sealed was changed since, or under another key");
  return {};
}

}  // namespace perigee::crypto

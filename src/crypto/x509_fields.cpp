#include "crypto/x509_fields.hpp"

#include <time.h>

#include <algorithm>

#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "crypto/openssl.hpp"

namespace perigee::crypto {
namespace {

/// C0 and C1 control characters, NUL and DEL: they end texts, or hide in logs.
bool has_control_characters(std::string_view utf8) {
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    if (c < 0x20 || c == 0x7f) return true;
    const bool c1 = c == 0xc2 && i + 1 < utf8.size() && static_cast<unsigned char>(utf8[i + 1]) < 0xa0;
    if (c1) return true;
  }
  return false;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto bytes = utf8_character_bytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

/// In UTF-8, whatever the certificate has it in.
result<std::string> text_of(const ASN1_STRING* from) {
  unsigned char* utf8 = nullptr;
  const int bytes = ASN1_STRING_to_UTF8(&utf8, from);
  if (bytes < 0) return fail(errc::malformed, "the certificate's name is not text");
  std::string out(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(bytes));
  OPENSSL_free(utf8);
  return out;
}

}  // namespace

result<std::string> checked_name(std::string name) {
  if (name.empty()) return fail(errc::malformed, "the certificate's name is empty");
  if (name.size() > limits::source_bytes_max) return fail(errc::malformed, "the certificate's name is too long");
  if (!is_utf8(name)) return fail(errc::malformed, "the certificate's name is not text");
  if (has_control_characters(name)) {
    return fail(errc::malformed, "the certificate's name has control characters in it");
  }
  return name;
}

result<std::string> common_name(const X509_NAME& subject) {
  const int at = X509_NAME_get_index_by_NID(&subject, NID_commonName, -1);
  if (at < 0) return fail(errc::not_found, "the certificate has no common name");
  if (X509_NAME_get_index_by_NID(&subject, NID_commonName, at) >= 0) {
    return fail(errc::malformed, "the certificate has several common names");
  }
  PG_TRY(auto name, text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(&subject, at))));
  return checked_name(std::move(name));
}

result<std::string> distinguished_name(const X509_NAME& name) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  // UTF-8 stays as it is; control characters and what RFC 2253 gives a meaning are escaped.
  constexpr unsigned long flags = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
  if (!out || X509_NAME_print_ex(out.get(), &name, 0, flags) < 0) {
    return fail(errc::malformed, "the certificate's subject is not text");
  }
  return checked_name(text_in(out.get()));
}

std::vector<std::string> alternative_names(const stack_st_GENERAL_NAME* all, int kind) {
  std::vector<std::string> out;
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const auto* one = sk_GENERAL_NAME_value(all, i);
    if (one->type != kind) continue;
    const auto* text = one->d.ia5;
    out.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  return out;
}

timestamp to_timestamp(const ASN1_TIME& time) {
  constexpr std::int64_t second = 1'000'000'000;
  tm when{};
  if (ASN1_TIME_to_tm(&time, &when) != 1) return {};
  return {std::clamp<std::int64_t>(::timegm(&when), INT64_MIN / second, INT64_MAX / second) * second};
}

}  // namespace perigee::crypto

#include "io/detail/certificate.hpp"

#include <openssl/asn1.h>
#include <time.h>

#include <algorithm>

#include "base/limits.hpp"

namespace perigee::io {
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
    unsigned long character = 0;
    const int bytes =
        UTF8_getc(reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()), &character);
    if (bytes <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(bytes));
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

result<std::string> common_name(const X509& certificate) {
  const auto* subject = X509_get_subject_name(&certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return fail(errc::not_found, "the certificate has no common name");
  if (X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) {
    return fail(errc::malformed, "the certificate has several common names");
  }
  PG_TRY(auto name, text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  return checked_name(std::move(name));
}

result<std::string> subject(const X509& certificate) {
  const bio_ptr out(BIO_new(BIO_s_mem()));
  // UTF-8 stays as it is; control characters and what RFC 2253 gives a meaning are escaped.
  constexpr unsigned long flags = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
  if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(&certificate), 0, flags) < 0) {
    return fail(errc::malformed, "the certificate's subject is not text");
  }
  char* text = nullptr;
  const auto bytes = BIO_get_mem_data(out.get(), &text);
  return checked_name(std::string(text, static_cast<std::size_t>(bytes)));
}

/// Every alternative name of one kind (GEN_DNS, GEN_URI, GEN_EMAIL): all of them are IA5String (RFC 5280 4.2.1.6).
std::vector<std::string> alternative_names(const X509& certificate, int kind) {
  const general_names_ptr all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> out;
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const auto* one = sk_GENERAL_NAME_value(all.get(), i);
    if (one->type != kind) continue;
    const auto* text = one->d.ia5;
    out.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  return out;
}

result<std::string> alternative_name(const X509& certificate, int kind) {
  auto all = alternative_names(certificate, kind);
  if (all.empty()) return fail(errc::not_found, "the certificate has no alternative name of this kind");
  if (all.size() > 1) return fail(errc::malformed, "the certificate has several alternative names of this kind");
  if (!std::ranges::all_of(all.front(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    return fail(errc::malformed, "the certificate's alternative name is not ASCII");
  }
  return checked_name(std::move(all.front()));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
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

result<std::string> name_in(const X509& certificate, identity_source where) {
  switch (where) {
    case identity_source::common_name: return common_name(certificate);
    case identity_source::dns_name: return alternative_name(certificate, GEN_DNS);
    case identity_source::uri: return alternative_name(certificate, GEN_URI);
    case identity_source::email: return alternative_name(certificate, GEN_EMAIL);
    case identity_source::subject: break;
  }
  return subject(certificate);
}

std::vector<std::string> server_names(const X509& certificate) {
  auto names = alternative_names(certificate, GEN_DNS);
  if (!names.empty()) return names;
  if (auto name = common_name(certificate)) names.push_back(*std::move(name));
  return names;
}

bool covers(std::string_view name, std::string_view host) {
  if (!name.starts_with("*.")) return same_name(name, host);
  const auto dot = host.find('.');
  return dot != std::string_view::npos && dot != 0 && same_name(name.substr(1), host.substr(dot));
}

timestamp not_after(const X509& certificate) {
  tm when{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &when) != 1) return {};
  return {static_cast<std::int64_t>(::timegm(&when)) * 1'000'000'000};
}

}  // namespace perigee::io

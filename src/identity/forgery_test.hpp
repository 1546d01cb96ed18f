#pragma once
// Certificates and sites for tests: honest ones, and what an attacker who has some authority's key could sign.

#include <openssl/ec.h>
#include <openssl/x509v3.h>

#include <string>
#include <utility>
#include <vector>

#include "crypto/openssl.hpp"
#include "identity/authority.hpp"
#include "identity/verify.hpp"

namespace perigee::identity {

inline constexpr timestamp test_now{1'800'000'000'000'000'000};

inline private_key new_key(key_kind kind = key_kind::p256) { return private_key::generate(kind).value(); }

/// A certificate as nobody honest makes it. Extensions as x509v3_config(5) has them.
struct forgery {
  std::vector<std::string> common_names{};
  std::vector<std::pair<int, std::string>> extensions{};
  timestamp from = test_now - std::chrono::hours(1);
  timestamp to = test_now + std::chrono::days(90);
  const EVP_MD* digest = EVP_sha256();
  long version = X509_VERSION_3;
  std::string padding{};  // as an extension that is not critical
};

/// What the leaf of a device says; tests change some of it.
inline forgery honest_leaf(const std::string& name) {
  return {.common_names = {name},
          .extensions = {{NID_basic_constraints, "critical,CA:FALSE"},
                         {NID_key_usage, "critical,digitalSignature"},
                         {NID_ext_key_usage, "clientAuth"},
                         {NID_subject_alt_name, "DNS:" + name},
                         {NID_subject_key_identifier, "hash"},
                         {NID_authority_key_identifier, "keyid"}}};
}

/// The same with one extension replaced, or left out where the text is empty.
inline forgery with(forgery from, int nid, const std::string& text) {
  std::erase_if(from.extensions, [&](const auto& e) { return e.first == nid; });
  if (!text.empty()) from.extensions.emplace_back(nid, text);
  return from;
}

inline void add_private_extension(X509* to, const char* oid, const std::string& value, bool critical) {
  const crypto::octets_ptr octets(ASN1_OCTET_STRING_new());
  ASN1_OCTET_STRING_set(octets.get(), reinterpret_cast<const unsigned char*>(value.data()),
                        static_cast<int>(value.size()));
  const std::unique_ptr<ASN1_OBJECT, crypto::freed_by<ASN1_OBJECT_free>> kind(OBJ_txt2obj(oid, 1));
  const crypto::extension_ptr made(X509_EXTENSION_create_by_OBJ(nullptr, kind.get(), critical ? 1 : 0, octets.get()));
  X509_add_ext(to, made.get(), -1);
}

inline crypto::certificate_ptr forge_x509(const forgery& what, EVP_PKEY* owner, const certificate& issuer,
                                          const private_key& issuer_key) {
  static long serial = 1000;
  crypto::certificate_ptr made(X509_new());
  X509_set_version(made.get(), what.version);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
  for (const auto& name : what.common_names) {
    X509_NAME_add_entry_by_NID(X509_get_subject_name(made.get()), NID_commonName, V_ASN1_UTF8STRING,
                               reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()), -1,
                               0);
  }
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer.native()));
  ASN1_TIME_set(X509_getm_notBefore(made.get()), static_cast<std::time_t>(what.from.ns / 1'000'000'000));
  ASN1_TIME_set(X509_getm_notAfter(made.get()), static_cast<std::time_t>(what.to.ns / 1'000'000'000));
  X509_set_pubkey(made.get(), owner);
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer.native(), made.get(), nullptr, nullptr, 0);
  for (const auto& [nid, text] : what.extensions) {
    if (nid == NID_undef) {
      add_private_extension(made.get(), "1.3.6.1.4.1.99999.1", text, true);
      continue;
    }
    const crypto::extension_ptr one(X509V3_EXT_nconf_nid(nullptr, &context, nid, text.c_str()));
    X509_add_ext(made.get(), one.get(), -1);
  }
  if (!what.padding.empty()) add_private_extension(made.get(), "1.3.6.1.4.1.99999.2", what.padding, false);
  X509_sign(made.get(), issuer_key.native(), what.digest);
  return made;
}

inline byte_buffer forge_der(const forgery& what, EVP_PKEY* owner, const certificate& issuer,
                             const private_key& issuer_key) {
  return crypto::der_of(i2d_X509, forge_x509(what, owner, issuer, issuer_key).get());
}

/// Signed by an authority, for a new key. Ends the test program where it does not even parse.
inline certificate forge(const forgery& what, const authority& by) {
  return certificate::parse(forge_der(what, new_key().native(), by.own(), by.key())).value();
}

/// A root, an issuing authority, and a gateway's.
struct test_site {
  explicit test_site(const std::string& name = "plant")
      : root(authority::make_root(name + " root", new_key(), test_now).value()),
        issuing(below(root, {.as = profile::issuing, .name = name + " issuing"})),
        gateway(below(issuing, {.as = profile::gateway, .name = "fog-1"})) {}

  static authority below(const authority& above, const certificate_order& order) {
    auto key = new_key();
    std::vector<certificate> chain{above.issue(key.public_half(), order, test_now).value()};
    chain.insert(chain.end(), above.shown().begin(), above.shown().end());
    return authority::open(std::move(chain), std::move(key)).value();
  }
  /// What the owner of a leaf shows.
  static std::vector<certificate> shown(certificate leaf, const authority& by) {
    std::vector<certificate> out{std::move(leaf)};
    out.insert(out.end(), by.shown().begin(), by.shown().end());
    return out;
  }
  [[nodiscard]] std::vector<certificate> device(const std::string& name, const authority& by) const {
    return shown(by.issue(new_key().public_half(), {.as = profile::device, .name = name}, test_now).value(), by);
  }

  authority root;
  authority issuing;
  authority gateway;
};

}  // namespace perigee::identity

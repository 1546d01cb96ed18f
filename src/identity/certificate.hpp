#pragma once
// X.509 certificates (RFC 5280) as bytes from outside: what they say. Whether it is true, identity/verify.hpp tells.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "identity/private_key.hpp"

struct x509_st;  // OpenSSL's X509

namespace perigee::identity {

/// What a certificate says of its owner. Texts are UTF-8 without control characters; hexadecimal is lower-case.
struct certificate_facts {
  std::string common_name;               // empty unless the subject has exactly one, in text
  std::vector<std::string> dns_names;    // subjectAltName, unchecked ASCII
  std::vector<std::string> addresses;    // subjectAltName, as text: "10.0.0.7", "0:0:0:0:0:0:0:1"
  bool other_alternative_names = false;  // than dns_names
  std::string subject;                   // as RFC 2253 writes it; empty where it is no text or over 255 bytes
  std::string issuer;                    // likewise
  std::string serial;                    // hexadecimal, without zeros in front
  timestamp not_before{};
  timestamp not_after{};
  bool is_authority = false;                 // basicConstraints cA
  std::optional<int> path_length;            // of authorities below it; none: no bound
  bool for_clients = false;                  // extendedKeyUsage lists clientAuth
  bool for_servers = false;                  // extendedKeyUsage lists serverAuth
  std::string subject_key_id;                // hexadecimal
  std::string authority_key_id;              // hexadecimal
  bool is_constrained = false;               // it has name constraints
  std::vector<std::string> permitted_names;  // of kind dNSName
  std::string fingerprint;                   // SHA-256 of the DER, hexadecimal
};

/// A value; copies share one object that does not change.
class certificate {
 public:
  /// One certificate in DER or PEM, with nothing after it. refusal::malformed, too_large, weak_key (one that OpenSSL
  /// does not know at all), not_conforming.
  [[nodiscard]] static result<certificate> parse(byte_view pem_or_der);
  [[nodiscard]] static result<certificate> parse_der(byte_view der);

  [[nodiscard]] const certificate_facts& facts() const { return *facts_; }
  [[nodiscard]] const public_key& key() const { return key_; }
  /// An authority's own, which nobody above it has issued: not that of a root for another key of its (RFC 4210 4.4).
  [[nodiscard]] bool is_root() const;
  [[nodiscard]] std::string to_pem() const;
  [[nodiscard]] byte_buffer to_der() const;
  [[nodiscard]] bool operator==(const certificate& other) const;
  [[nodiscard]] x509_st* native() const { return certificate_.get(); }

 private:
  certificate(std::shared_ptr<x509_st> parsed, std::shared_ptr<const certificate_facts> facts, public_key key)
      : certificate_(std::move(parsed)), facts_(std::move(facts)), key_(std::move(key)) {}

  std::shared_ptr<x509_st> certificate_;
  std::shared_ptr<const certificate_facts> facts_;
  public_key key_;
};

/// The certificates of a PEM text, or one in DER, in their order: at least one, within the bounds of a chain.
/// refusal::chain_too_long, and as certificate::parse.
[[nodiscard]] result<std::vector<certificate>> parse_chain(byte_view pem_or_der);
/// The roots that a PEM file names as trusted, at least one and at most limits::identity_roots_max: what is in it and
/// has not signed itself, such as the cross-signed certificates of a rollover, is passed over. refusal::chain_too_long,
/// unknown_authority where none is a root, and as certificate::parse.
[[nodiscard]] result<std::vector<certificate>> parse_roots(byte_view pem);
/// The first certificate of a PEM file of an operator's, whatever else is in it: keys, parameters, a longer chain. As
/// certificate::parse.
[[nodiscard]] result<certificate> first_certificate(byte_view pem);
/// Every certificate of such a file, at least one and at most limits::identity_roots_max: refusal::chain_too_long.
[[nodiscard]] result<std::vector<certificate>> all_certificates(byte_view pem);
[[nodiscard]] std::string to_pem(std::span<const certificate> chain);

}  // namespace perigee::identity

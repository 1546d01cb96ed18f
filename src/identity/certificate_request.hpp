#pragma once
// Certificate requests, PKCS #10 (RFC 2986): what a device asks to be certified, and its proof that it has the key.

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "identity/private_key.hpp"

namespace perigee::identity {

/// What a request asks for. Whether whoever sent it may have this name is the receiver's to decide.
struct requested_identity {
  std::string name;                      // the common name, which is_name
  std::vector<std::string> dns_names{};  // subjectAltName: none, or `name` among them
  std::string challenge_password{};      // RFC 2985 5.4.1; EST binds a request to its connection by it (RFC 7030 3.5)
};

/// A value; copies share one key that does not change.
class certificate_request {
 public:
  /// A request in DER or PEM with nothing after it, that was signed with the key in it. refusal::malformed, too_large,
  /// weak_key, weak_signature, no_possession, bad_name, name_mismatch. What else it asks for (extensions, attributes)
  /// is not looked at, and nobody gets it.
  [[nodiscard]] static result<certificate_request> parse(byte_view pem_or_der);
  /// The key alone, of a request that asks for whatever name: for who names the owner itself.
  [[nodiscard]] static result<public_key> parse_key(byte_view pem_or_der);
  /// In PEM, signed. errc::malformed for a name that is none.
  [[nodiscard]] static result<std::string> make(const private_key& key, const requested_identity& wish);

  [[nodiscard]] const requested_identity& asks() const { return asks_; }
  [[nodiscard]] const public_key& key() const { return key_; }

 private:
  certificate_request(requested_identity asks, public_key key) : asks_(std::move(asks)), key_(std::move(key)) {}

  requested_identity asks_;
  public_key key_;
};

}  // namespace perigee::identity

#pragma once
// Enrolment over Secure Transport (RFC 7030, clarified by RFC 8951): its bodies. HTTP is the API's (api/), who may
// have a certificate the enroller's.

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "identity/certificate.hpp"
#include "identity/certificate_request.hpp"

namespace perigee::control::enrolment {

inline constexpr std::string_view bundle_type = "application/pkcs7-mime; smime-type=certs-only";
inline constexpr std::string_view attributes_type = "application/csrattrs";
inline constexpr std::string_view request_type = "application/pkcs10";

/// The body of simpleenroll and simplereenroll: a request in DER, in base64 with or without line ends (RFC 7030 4.2.1,
/// RFC 8951 3.1). The refusals of identity::certificate_request::parse, and refusal::malformed for other text.
[[nodiscard]] result<identity::certificate_request> read_request(std::string_view body);
/// The body of a request, from its PEM.
[[nodiscard]] std::string body_of_request(std::string_view pem);
/// The body of an answer with certificates (RFC 7030 4.1.3, 4.2.3): a bundle in base64, 64 digits a line.
[[nodiscard]] result<std::string> bundle_body(std::span<const identity::certificate> all);
/// What such a body has in it. As identity::parse_bundle.
[[nodiscard]] result<std::vector<identity::certificate>> read_bundle(std::string_view body);
/// The body of csrattrs (RFC 7030 4.5.2): what a request is wished to have, ECDSA with SHA-256 on P-256.
[[nodiscard]] std::string attributes_body();

/// A user name and a password of `Authorization: Basic` (RFC 7617); what else stands there is errc::malformed. A device
/// without a certificate shows its name and its token by it (RFC 7030 3.2.3).
struct basic_credentials {
  std::string user;
  std::string password;
};
[[nodiscard]] result<basic_credentials> read_basic(std::string_view authorization);

}  // namespace perigee::control::enrolment

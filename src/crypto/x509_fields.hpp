#pragma once
// The fields of X.509 certificates and requests as text and time, with the care that bytes from outside need.

#include <openssl/types.h>

#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

struct stack_st_GENERAL_NAME;  // OpenSSL's GENERAL_NAMES

namespace perigee::crypto {

/// A name from outside, where it is one: UTF-8, not empty, at most limits::source_bytes_max, with nothing in it that
/// hides (NUL, control characters). errc::malformed.
[[nodiscard]] result<std::string> checked_name(std::string name);
/// The subject's one common name: errc::not_found where it has none, errc::malformed for several or a bad one.
[[nodiscard]] result<std::string> common_name(const X509_NAME& subject);
/// The whole name as RFC 2253 writes it: "CN=press-1,O=Acme". errc::malformed.
[[nodiscard]] result<std::string> distinguished_name(const X509_NAME& name);
/// Every alternative name of one kind (GEN_DNS, GEN_URI, GEN_EMAIL), unchecked: all of them are IA5String (RFC 5280
/// 4.2.1.6). `all` may be null.
[[nodiscard]] std::vector<std::string> alternative_names(const stack_st_GENERAL_NAME* all, int kind);
/// The nearest time that `timestamp` has: RFC 5280 4.1.2.5 knows years up to 9999.
[[nodiscard]] timestamp to_timestamp(const ASN1_TIME& time);

}  // namespace perigee::crypto

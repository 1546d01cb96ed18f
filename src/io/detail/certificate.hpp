#pragma once
// What an X.509 certificate says, with the care that bytes from outside need.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "io/detail/openssl.hpp"
#include "io/tls.hpp"

namespace perigee::io {

/// Who the certificate names: errc::not_found where it has no such name, errc::malformed for several, or for one that
/// is empty, over limits::source_bytes_max, not text, or has control characters or NUL in it.
[[nodiscard]] result<std::string> name_in(const X509& certificate, identity_source where);
/// The names that a server's certificate is for: its DNS names; without any, its common name.
[[nodiscard]] std::vector<std::string> server_names(const X509& certificate);
/// Whether a certificate's name is for this host: the same but for case, or "*." and what follows the first label
/// (RFC 6125 6.4.3).
[[nodiscard]] bool covers(std::string_view name, std::string_view host);
[[nodiscard]] timestamp not_after(const X509& certificate);

}  // namespace perigee::io

#pragma once
// What an X.509 certificate says, with the care that bytes from outside need.

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "io/detail/openssl.hpp"
#include "io/peer_certificate.hpp"
#include "io/tls.hpp"

namespace perigee::io {

/// Who the certificate names: errc::not_found where it has no such name, errc::malformed for several, or for one that
/// is empty, over limits::source_bytes_max, not text, or has control characters or NUL in it.
[[nodiscard]] result<std::string> name_in(const X509& certificate, identity_source where);
/// The verify callback (SSL_CTX_set_verify) of a server that knows clients by their subject. Name constraints bind only
/// alternative names where there are some (RFC 5280 4.2.1.10): below an authority that has constraints the common name
/// must be one of the DNS names, or a gateway's authority could issue a certificate in anybody's name. It is asked in
/// the handshake, so that who is refused has no session to resume.
[[nodiscard]] int check_constrained_name(int good, X509_STORE_CTX* path);
/// The names that a server's certificate is for: its DNS names; without any, its common name.
[[nodiscard]] std::vector<std::string> server_names(const X509& certificate);
/// Whether a certificate's name is for this host: the same but for case, or "*." and what follows the first label
/// (RFC 6125 6.4.3).
[[nodiscard]] bool covers(std::string_view name, std::string_view host);
/// errc::malformed where its serial number is none (RFC 5280 4.1.2.2).
[[nodiscard]] result<peer_certificate> describe_peer(X509& certificate);
[[nodiscard]] timestamp not_after(const X509& certificate);

}  // namespace perigee::io

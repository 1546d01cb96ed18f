#pragma once
// TLS 1.2 and 1.3 as the connections of io/stream.hpp use it: which certificates are shown, and who is let in.

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "io/peer_certificate.hpp"

namespace perigee::io {

/// Where a certificate chain, its key and the authorities of peers are, in PEM. Paths; empty: none.
struct tls_files {
  std::string certificate;  // the own certificate first, then those between it and its authority
  std::string key;          // or "pkcs11:..." or "handle:0x81000001" of a key that stays in its token
  std::string authority;    // who signs the peers that are let in
  std::string key_text{};   // the private key itself, where it is in no file
};

/// One more certificate of a server, shown to clients that ask for one of its names (SNI, RFC 6066 3).
struct tls_named_certificate {
  tls_files files{};                 // its authority is not looked at
  std::vector<std::string> names{};  // "gw.example", "*.example"; none: the DNS names in the certificate
};

enum class tls_version { v1_2, v1_3 };
/// Whether a server asks its clients for a certificate. One that is shown must be signed by the authority.
enum class client_certificate { required, optional, none };
/// What in a certificate says who its owner is. More than one value, or one with control characters, says nothing.
enum class identity_source {
  common_name,  // CN of the subject
  dns_name,     // subjectAltName dNSName
  uri,          // subjectAltName uniformResourceIdentifier
  email,        // subjectAltName rfc822Name
  subject,      // the whole subject as RFC 2253 writes it: "CN=press-1,O=Acme"
};

/// What is made of the certificates that a peer shows.
struct chain_verdict {
  enum class kind {
    good,
    lapsed,   // good until its owner's certificate expired
    expired,  // this and what follows is told to the peer as its TLS alert (RFC 8446 6.2)
    revoked,
    unknown_authority,
    refused,
  };
  kind is = kind::good;
  const char* why = "";  // a sentence that stays
};

/// Who decides about certificates where RFC 5280 alone is not enough: asked in each handshake, on the connection's
/// shard. Shared by the connections of one loading of the files.
class chain_judge {
 public:
  virtual ~chain_judge() = default;
  /// Whether it stands in for OpenSSL's own verification of clients; else both are asked.
  [[nodiscard]] virtual bool stands_alone() const = 0;
  /// The certificates in DER as the peer at this address shows them, its own first. A server's host name is not its
  /// matter.
  [[nodiscard]] virtual chain_verdict judge(std::span<const byte_view> shown, std::string_view from) const = 0;
  /// Of one that was good when its session began, and comes again with a ticket.
  [[nodiscard]] virtual chain_verdict judge_again(const peer_certificate& shown) const = 0;
};
/// Makes one that trusts these authorities, in PEM, whenever the files are loaded. An error refuses the files.
using judge_maker = std::function<result<std::shared_ptr<const chain_judge>>(std::string_view authorities)>;

struct tls_server_options {
  tls_files files{};  // the certificate is shown where no other is asked for
  std::vector<tls_named_certificate> others{};
  client_certificate client = client_certificate::required;
  identity_source identity = identity_source::common_name;
  tls_version version_min = tls_version::v1_2;
  /// Application protocols (ALPN, RFC 7301), the most wanted first. A client that offers others only is refused with
  /// no_application_protocol; one that offers none is served. Empty: offers are not looked at.
  std::vector<std::string> protocols{};
  judge_maker judge{};         // of clients' certificates; none: RFC 5280 as OpenSSL has it
  bool admits_lapsed = false;  // who shows one is connected to and has no identity: peer_certificate::lapsed_owner
};

/// Whether a client asks who the server is.
enum class server_check {
  full,  // an authority that it trusts, and the host's name
  none,  // anybody: to fetch what is checked in another way, such as an authority by its fingerprint
};

struct tls_client_options {
  tls_version version_min = tls_version::v1_2;
  std::vector<std::string> protocols{};  // offered
  server_check verify = server_check::full;
  judge_maker judge{};  // of the server's certificate, beside OpenSSL
};

/// One certificate that is in use.
struct tls_certificate_state {
  std::string file;
  std::string subject;  // as RFC 2253 writes it: "CN=press,O=Perigee"
  timestamp not_after;
};

/// A TLS configuration, shared by the connections that use it. It can be loaded again while they last. Any thread.
class tls_context {
 public:
  virtual ~tls_context() = default;
  /// errc::malformed where a file does not load; the log says which, and why.
  [[nodiscard]] static result<std::shared_ptr<tls_context>> server(tls_server_options options);
  /// Checks the server's certificate against the authority and the host's name; without an authority the machine's own
  /// list decides who signs servers. Shows its own certificate where there is one.
  [[nodiscard]] static result<std::shared_ptr<tls_context>> client(tls_files files, tls_client_options how = {});

  /// Reads the files again. True: they have changed, and handshakes from now on use them; what is connected stays, and
  /// session tickets given before are not taken any more. An error names the file, and the old ones stay in use.
  /// Blocks: for a worker.
  [[nodiscard]] virtual std::expected<bool, std::string> reload() = 0;
  [[nodiscard]] virtual std::vector<tls_certificate_state> certificates() const = 0;
  /// What a server staples for the certificate that it shows where no other is asked for (OCSP, RFC 6066 8), in DER;
  /// empty: nothing. For clients that ask. Lasts until the files change.
  virtual void staple(std::shared_ptr<const byte_buffer> answer) = 0;
};

}  // namespace perigee::io

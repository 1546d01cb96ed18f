// TLS contexts: OpenSSL through Asio's idioms. docs/decisions/ says why these versions and modes.

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

#include "base/log.hpp"
#include "io/detail/tls_state.hpp"

namespace perigee::io {
namespace {

namespace asio = boost::asio;
using context = asio::ssl::context;

/// Loads one file into the context; a failure says which file in the log and in the error.
template <class Load>
result<> load(const std::string& file, const char* what, Load&& how) {
  if (file.empty()) return {};
  boost::system::error_code ec;
  how(ec);
  if (!ec) return {};
  log::fault("io.tls", "{}: {} ({})", file, what, ec.message());
  return fail(errc::malformed, what);
}

result<std::shared_ptr<tls_context>> make(const tls_files& files, context::method method) {
  auto made = std::make_shared<tls_state>(method);
  auto& c = made->context;
  SSL_CTX_set_min_proto_version(c.native_handle(), TLS1_2_VERSION);
  // An idle connection gives its record buffers back: 18 KiB instead of 51.
  SSL_CTX_set_mode(c.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(c.native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  PG_TRY_VOID(load(files.certificate, "this is not a certificate chain in PEM",
                   [&](auto& ec) { c.use_certificate_chain_file(files.certificate, ec); }));
  PG_TRY_VOID(load(files.key, "this is not the certificate's private key in PEM",
                   [&](auto& ec) { c.use_private_key_file(files.key, context::pem, ec); }));
  PG_TRY_VOID(load(files.authority, "this is not a certificate authority in PEM",
                   [&](auto& ec) { c.load_verify_file(files.authority, ec); }));
  return made;
}

}  // namespace

result<std::shared_ptr<tls_context>> tls_context::server(const tls_files& files, bool require_client) {
  PG_TRY(auto made, make(files, context::tls_server));
  const int wanted = require_client ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_PEER;
  SSL_CTX_set_verify(static_cast<tls_state&>(*made).context.native_handle(), wanted, nullptr);
  return made;
}

result<std::shared_ptr<tls_context>> tls_context::client(const tls_files& files) {
  PG_TRY(auto made, make(files, context::tls_client));
  SSL_CTX_set_verify(static_cast<tls_state&>(*made).context.native_handle(), SSL_VERIFY_PEER, nullptr);
  return made;
}

std::string common_name(SSL* of) {
  if (SSL_get_verify_result(of) != X509_V_OK) return {};
  const auto* certificate = SSL_get0_peer_certificate(of);
  if (certificate == nullptr) return {};
  const auto* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  const auto* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

}  // namespace perigee::io

#include "io/detail/tls_socket.hpp"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include "io/detail/certificate.hpp"
#include "io/verification_time.hpp"

namespace perigee::io {
namespace {

using state = tls_socket::state;

// OpenSSL's own socket BIO writes with write(), which kills the process where the peer is gone (SIGPIPE). This one has
// no other state than the descriptor.

int descriptor_of(BIO* b) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(b))); }

int settle(BIO* b, ssize_t moved, std::size_t* bytes, int retry_flag) {
  BIO_clear_retry_flags(b);
  if (moved > 0) {
    *bytes = static_cast<std::size_t>(moved);
    return 1;
  }
  *bytes = 0;
  const bool later = moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  if (later) BIO_set_flags(b, retry_flag | BIO_FLAGS_SHOULD_RETRY);
  if (moved == 0) BIO_set_flags(b, BIO_FLAGS_IN_EOF);
  return later ? -1 : 0;
}

int read_socket(BIO* b, char* into, std::size_t room, std::size_t* bytes) {
  return settle(b, ::recv(descriptor_of(b), into, room, 0), bytes, BIO_FLAGS_READ);
}

int write_socket(BIO* b, const char* from, std::size_t size, std::size_t* bytes) {
  return settle(b, ::send(descriptor_of(b), from, size, MSG_NOSIGNAL), bytes, BIO_FLAGS_WRITE);
}

long control_socket(BIO* b, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(b, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* socket_method() {
  static const bio_method_ptr method = [] {
    bio_method_ptr made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "perigee socket"));
    BIO_meth_set_read_ex(made.get(), read_socket);
    BIO_meth_set_write_ex(made.get(), write_socket);
    BIO_meth_set_ctrl(made.get(), control_socket);
    return made;
  }();
  return method.get();
}

void attach(BIO* b, int descriptor) {
  BIO_set_data(b, reinterpret_cast<void*>(static_cast<std::intptr_t>(descriptor)));
  BIO_set_init(b, descriptor >= 0 ? 1 : 0);
}

bool is_address(const std::string& host) {
  in6_addr unused{};
  return ::inet_pton(AF_INET, host.c_str(), &unused) == 1 || ::inet_pton(AF_INET6, host.c_str(), &unused) == 1;
}

/// Whom a client means to talk to.
bool expect(SSL* of, const std::string& host) {
  if (is_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(of), host.c_str()) == 1;
  SSL_set_hostflags(of, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(of, host.c_str()) == 1 && SSL_set_tlsext_host_name(of, host.c_str()) == 1;
}

/// OpenSSL asks the machine's clock, which may stand before what is known to have passed. Where a context has a time of
/// its own, or wants none looked at (tls_without_clock.hpp), that holds: a time that is set outweighs the wish for
/// none.
void check_at_known_time(X509_VERIFY_PARAM& of) {
  constexpr auto chosen = X509_V_FLAG_USE_CHECK_TIME | X509_V_FLAG_NO_CHECK_TIME;
  const bool has_own = (X509_VERIFY_PARAM_get_flags(&of) & chosen) != 0;
  const auto now = verification_time();
  if (has_own || now <= clock::wall()) return;
  X509_VERIFY_PARAM_set_time(&of, static_cast<std::time_t>(now.ns / 1'000'000'000));
}

/// The newest reason in OpenSSL's queue, which is emptied. The texts are constants.
const char* reason_of_failure() {
  const auto code = ERR_peek_last_error();
  const char* found = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return found == nullptr ? "the connection broke" : found;
}

}  // namespace

result<std::unique_ptr<tls_socket>> tls_socket::make(std::shared_ptr<const tls_setup> with, int socket, side as,
                                                     const std::string& host) {
  ssl_ptr made(SSL_new(with->context.get()));
  bio_ptr over(BIO_new(socket_method()));
  if (!made || !over) return fail(errc::full, "no memory for a TLS connection");
  attach(over.get(), socket);
  check_at_known_time(*SSL_get0_param(made.get()));
  SSL_set_bio(made.get(), over.get(), over.get());
  (void)over.release();  // the connection's now
  if (as == side::server) {
    SSL_set_accept_state(made.get());
  } else {
    SSL_set_connect_state(made.get());
    if (!expect(made.get(), host)) return fail(errc::malformed, "this is not the name of a host");
  }
  return std::unique_ptr<tls_socket>(new tls_socket(std::move(with), std::move(made)));  // tidy: new — private
}

tls_socket::progress tls_socket::after(int returned, std::size_t bytes) {
  if (returned == 1) return {state::done, bytes};
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ: return {state::wants_read};
    case SSL_ERROR_WANT_WRITE: return {state::wants_write};
    case SSL_ERROR_ZERO_RETURN: return {state::closed};
    default: break;
  }
  broken_ = true;
  const auto code = ERR_peek_last_error();
  const bool ended =
      code == 0 || (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
  const char* const failure = reason_of_failure();
  const char* const why = notes_.refusal == nullptr ? failure : notes_.refusal;
  return {ended ? state::closed : state::failed, 0, why};
}

tls_socket::progress tls_socket::greet(std::string_view peer) {
  ERR_clear_error();
  notes_.peer = peer;
  return after(SSL_do_handshake(ssl_.get()), 0);
}

tls_socket::progress tls_socket::read(byte_span into) {
  ERR_clear_error();
  std::size_t bytes = 0;
  const int returned = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
  return after(returned, bytes);
}

tls_socket::progress tls_socket::write(byte_view from) {
  ERR_clear_error();
  std::size_t bytes = 0;
  const int returned = SSL_write_ex(ssl_.get(), from.data(), from.size(), &bytes);
  return after(returned, bytes);
}

bool tls_socket::has_pending() const { return !broken_ && SSL_has_pending(ssl_.get()) == 1; }

result<bool> tls_socket::has_lapsed(X509& certificate) const {
  if (!setup_->judge) return X509_cmp_current_time(X509_get0_notAfter(&certificate)) < 0;
  PG_TRY(const auto facts, describe_peer(certificate));
  const auto verdict = setup_->judge->judge_again(facts);
  if (verdict.is == chain_verdict::kind::good) return false;
  if (verdict.is == chain_verdict::kind::lapsed) return true;
  return fail(errc::refused, verdict.why);
}

result<std::string> tls_socket::peer_name() const {
  auto* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr) return std::string();
  if (SSL_get_verify_result(ssl_.get()) != X509_V_OK) return fail(errc::refused, "the certificate is not trusted");
  PG_TRY(const bool lapsed, has_lapsed(*certificate));
  if (lapsed) {
    if (setup_->admits_lapsed) return std::string();
    return fail(errc::refused, "the certificate has expired");
  }
  auto name = name_in(*certificate, setup_->identity);
  if (!name) return fail(errc::refused, name.error().what);
  return name;
}

result<std::shared_ptr<const peer_certificate>> tls_socket::peer_facts() const {
  auto* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr) return nullptr;
  auto facts = describe_peer(*certificate);
  if (!facts) return fail(errc::refused, facts.error().what);
  PG_TRY(const bool lapsed, has_lapsed(*certificate));
  if (lapsed) {
    PG_TRY(facts->lapsed_owner, name_in(*certificate, setup_->identity));
  }
  return std::make_shared<const peer_certificate>(*std::move(facts));
}

void tls_socket::close() noexcept {
  if (!broken_ && SSL_is_init_finished(ssl_.get()) == 1) (void)SSL_shutdown(ssl_.get());
  ERR_clear_error();
  attach(SSL_get_rbio(ssl_.get()), -1);
}

}  // namespace perigee::io

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "io/detail/openssl.hpp"
#include "io/detail/tls_setup.hpp"
#include "io/detail/tls_verify.hpp"
#include "io/peer_certificate.hpp"

namespace perigee::io {

enum class side { client, server };

/// TLS over a connected, non-blocking socket, without an event loop: each call does what can be done at once, and says
/// what to wait for where nothing can. It reads from and writes to the socket itself, so that an idle connection has no
/// buffer. Owned by one connection, which owns the socket too, on its shard.
class tls_socket {
 public:
  enum class state {
    done,         // for a read or write: `bytes` is over 0
    wants_read,   // call again when the socket can be read
    wants_write,  // call again when it can be written
    closed,       // the peer ended the connection, with a goodbye (close_notify) or without
    failed,       // `why` says how; nothing more can be done with it
  };
  struct progress {
    state what = state::done;
    std::size_t bytes = 0;
    const char* why = "";
  };

  /// `host` is who a client wants to talk to: a name, which is shown (SNI) and must stand in the server's certificate,
  /// or an address, which must. Errors of memory only.
  [[nodiscard]] static result<std::unique_ptr<tls_socket>> make(std::shared_ptr<const tls_setup> with, int socket,
                                                                side as, const std::string& host);

  /// `peer`: its address, for who judges its certificate.
  [[nodiscard]] progress greet(std::string_view peer = {});
  /// `into` is not empty.
  [[nodiscard]] progress read(byte_span into);
  /// Takes some of `from`, which is not empty. After wants_write the next call's bytes start with the same ones.
  [[nodiscard]] progress write(byte_view from);
  /// Something may be read though the socket has nothing: it stands in a buffer here.
  [[nodiscard]] bool has_pending() const;
  /// Who the peer's certificate names, after the greeting; empty where none was shown, and of one that has lapsed where
  /// the setup admits that. errc::refused for one that does not say (name_in), or that was good when the ticket was
  /// given and is not any more.
  [[nodiscard]] result<std::string> peer_name() const;
  /// The certificate that peer_name is in; null where none was shown. errc::refused for one without a serial number.
  [[nodiscard]] result<std::shared_ptr<const peer_certificate>> peer_facts() const;
  /// Says close_notify if that does not wait, and lets go of the socket.
  void close() noexcept;

  /// For tests, which look deeper.
  [[nodiscard]] SSL* native_handle() { return ssl_.get(); }

 private:
  tls_socket(std::shared_ptr<const tls_setup> with, ssl_ptr made) : setup_(std::move(with)), ssl_(std::move(made)) {
    SSL_set_app_data(ssl_.get(), &notes_);
  }
  [[nodiscard]] result<bool> has_lapsed(X509& certificate) const;
  [[nodiscard]] progress after(int returned, std::size_t bytes);

  std::shared_ptr<const tls_setup> setup_;  // its callbacks are ssl_'s
  ssl_ptr ssl_;
  handshake_notes notes_;
  bool broken_ = false;
};

}  // namespace perigee::io

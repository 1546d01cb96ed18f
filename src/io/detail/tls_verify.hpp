#pragma once
// The certificates of peers in a handshake: what OpenSSL asks, and who decides where more is to be known.

#include <string_view>

#include "io/detail/tls_setup.hpp"

namespace perigee::io {

/// What a handshake knows beyond OpenSSL. Owned by the connection; its SSL's app data.
struct handshake_notes {
  std::string_view peer{};        // its address
  const char* refusal = nullptr;  // the judge's sentence, where that has ended the handshake
};

/// Has the setup's judge asked in each handshake of its connections. The setup outlives them.
void ask_judge(const tls_setup& setup);
/// Staples what the setup has for its first certificate, to clients that ask (RFC 6066 8).
void offer_staple(const tls_setup& setup);

}  // namespace perigee::io

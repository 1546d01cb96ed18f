#pragma once
// The certificates of peers in a handshake: what OpenSSL asks, and who decides where more is to be known.

#include "io/detail/tls_setup.hpp"

namespace perigee::io {

/// Has the setup's judge asked in each handshake of its connections. The setup outlives them.
void ask_judge(const tls_setup& setup);
/// The judge's sentence on a handshake that it has ended; null where something else did.
[[nodiscard]] const char* judged(const SSL& connection);
/// Staples what the setup has for its first certificate, to clients that ask (RFC 6066 8).
void offer_staple(const tls_setup& setup);

}  // namespace perigee::io

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "io/file.hpp"
#include "node/config.hpp"

namespace perigee::node {

/// What a node has a certificate for.
enum class certificate_role : std::uint8_t {
  own,        // it shows it: the leaf of [tls] certificate
  listener,   // it shows it to who asks for another name: [[tls.certificate_for]]
  authority,  // it trusts it, or shows it behind its own
  issuer,     // it issues with it
};
[[nodiscard]] std::string_view name_of(certificate_role r);

struct known_certificate {
  certificate_role role = certificate_role::own;
  std::string file;
  std::string subject;  // as RFC 2253 writes it
  timestamp not_before{};
  timestamp not_after{};
  bool renewed_here = false;  // by the node itself: [identity] renew
};

/// Every certificate in the files that a configuration names, in their order. What cannot be read is left out: whoever
/// uses the file says so. Blocking.
[[nodiscard]] std::vector<known_certificate> known_certificates(const config& of, io::disk& on);

}  // namespace perigee::node

#pragma once
// What it takes to get a certificate: a token for the first, a certificate for the next.

#include <cstdint>
#include <string>

#include "base/function_ref.hpp"
#include "base/time.hpp"
#include "control/registry/certificate.hpp"
#include "control/registry/thing.hpp"
#include "control/registry/token.hpp"

namespace perigee::control::registry {

/// Somebody who shows a token asks for a first certificate.
struct enrolment {
  std::string name;
  kind is = kind::device;
  purpose by = purpose::enrol;
  std::string secret;           // the token's
  std::string key;              // SHA-256 of the key that is to be certified, as new_certificate has it
  nanoseconds grace{};          // how long the certificate of a lost answer is taken beside the one that replaces it
  bool needs_approval = false;  // an operator decides
  bool for_authority = false;   // of a gateway: it is to issue with the certificate
};

/// Somebody who shows a certificate asks for another one.
struct renewal {
  std::string name;
  certificate_id with;
  std::string key;      // as in enrolment
  nanoseconds grace{};  // how long the old one is still taken
  bool of_authority =
      false;  // not `with` is to be replaced, but the certificate that its owner issues with by this key
};

/// Why somebody gets no certificate.
struct denied {
  enum class kind : std::uint8_t {
    stranger,   // nothing good was shown: whoever it is need not know more
    forbidden,  // who asks is known, and may not
    waiting,    // an operator is to decide: ask again later, with the same token and key
  };
  kind is = kind::forbidden;
  std::string why;  // for the audit and for who has a right to know
};

/// Makes the certificate for a thing of this kind: whose it is, `key` and `token` are filled in by the registry.
using certificate_maker = function_ref<outcome<new_certificate>(kind)>;

}  // namespace perigee::control::registry

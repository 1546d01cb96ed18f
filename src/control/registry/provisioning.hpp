#pragma once
// Fleet provisioning as the registry keeps it: templates, claims, and certificates that wait for their thing.

#include <string>
#include <string_view>

#include "base/time.hpp"
#include "control/registry/certificate.hpp"
#include "control/registry/thing.hpp"
#include "crypto/password.hpp"

namespace perigee::control::registry {

/// A template as an operator added it; its body is enrolment::provisioning_template's to read.
struct stored_template {
  std::string name;         // is_name
  std::string body;         // JSON
  bool replaces = false;    // a serial number that comes again gets a new certificate, and the old one is revoked
  bool makes_keys = false;  // for devices that ask for one, in place of making it themselves
  timestamp created{};
  std::string by{};
};

/// Who shows a claim gets certificates that are nobody's yet.
struct claim {
  std::string name;          // in its certificate, which nothing else has
  bool wants_a_key = false;  // and a key that was made for it
};

/// What a certificate that is nobody's yet is had back with.
struct ownership {
  crypto::digest secret{};  // SHA-256 of the ownership token
  timestamp expires{};
};

/// A certificate gets its thing.
struct provisioning {
  registry::claim by;
  std::string template_name;
  crypto::digest secret{};
};
/// What the template makes of the device, asked inside of the transaction.
struct provisioned {
  new_thing thing;
  bool replaces = false;
};

}  // namespace perigee::control::registry

#pragma once
// What both sides of an attestation send each other, as JSON (docs/attestation.md, "The exchange"). Bytes are base64.

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "control/attestation/verifier.hpp"

namespace perigee::control::attestation {

/// What is asked for with the evidence.
struct enrolment_wish {
  attestation::evidence evidence;
  byte_buffer request{};  // PKCS #10 in DER or PEM
  bool as_node = false;   // as a node, else as a device
};

[[nodiscard]] std::string to_json(const application& of);
[[nodiscard]] std::string to_json(const challenge& of);
[[nodiscard]] std::string to_json(const enrolment_wish& of);

// The reverse, of bytes from outside: errc::malformed with what is missing. Members that are not known are passed over.

[[nodiscard]] result<application> read_application(std::string_view json);
[[nodiscard]] result<challenge> read_challenge(std::string_view json);
[[nodiscard]] result<enrolment_wish> read_wish(std::string_view json);

}  // namespace perigee::control::attestation

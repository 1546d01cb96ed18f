#pragma once

#include <vector>

#include "base/time.hpp"
#include "control/attestation/keys.hpp"
#include "identity/certificate.hpp"

namespace perigee::control::attestation {

/// The makers of TPMs that are trusted to say what is one of theirs. A value.
class manufacturers {
 public:
  /// The certificates of a PEM text, roots and those below them: each is trusted by itself. errc::malformed;
  /// errc::too_large for more than limits::attestation_manufacturers_max.
  [[nodiscard]] static result<manufacturers> read(byte_view pem);

  [[nodiscard]] bool none() const { return trusted_.empty(); }
  /// Whether one of them has issued the certificate (DER) of this endorsement key. As the TCG EK Credential Profile
  /// has it, its subject may be empty and the TPM's model stand in a critical subjectAltName.
  /// refusal::malformed_certificate, other_endorsement_key, untrusted_manufacturer.
  [[nodiscard]] outcome<> vouch_for(const tpm_key& endorsement, byte_view certificate_der, timestamp at) const;

 private:
  std::vector<identity::certificate> trusted_;
};

}  // namespace perigee::control::attestation

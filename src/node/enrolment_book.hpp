#pragma once

#include "control/enrolment/enroller.hpp"
#include "control/registry/registry.hpp"

namespace perigee::node {

/// The attribute of a thing that is known by its TPM: the fingerprint of the endorsement key
/// (identity::public_key::fingerprint). Attestation writes it, and so may an operator.
inline constexpr std::string_view endorsement_attribute = "tpm_ek";

/// A certificate as the registry records it; `how` it came to be, for people.
[[nodiscard]] control::registry::new_certificate row_of(const identity::certificate& made, std::string how);

/// Enrolment as the registry keeps it: tokens are used up, things noted, certificates recorded. For the length of one
/// question to the registry, on its worker.
class enrolment_book final : public control::enrolment::book {
 public:
  /// What has been shown beside a token or a certificate. A thing with a TPM gets nothing without it.
  enum class proof { none, tpm };
  /// `grace`: how long a certificate is still taken after it was renewed; `needs_approval`: of a first certificate.
  enrolment_book(control::registry::registry& in, nanoseconds grace, bool needs_approval, proof shown = proof::none)
      : in_(in), grace_(grace), needs_approval_(needs_approval), shown_(shown) {}

  using given = std::expected<identity::certificate, control::enrolment::denial>;

  [[nodiscard]] given admit(const control::enrolment::applicant& who, std::string_view token, identity::profile wanted,
                            const identity::public_key& key, control::enrolment::certificate_maker make,
                            timestamp now) override;
  [[nodiscard]] given renew(const control::enrolment::applicant& who, const control::enrolment::shown_certificate& with,
                            identity::profile wanted, const identity::public_key& key,
                            control::enrolment::certificate_maker make, timestamp now) override;
  void note_refusal(const control::enrolment::applicant& who, std::string_view why, timestamp now) override;

 private:
  [[nodiscard]] std::expected<void, control::enrolment::denial> check_proof(const control::enrolment::applicant& who,
                                                                            timestamp now);

  control::registry::registry& in_;
  nanoseconds grace_;
  bool needs_approval_;
  proof shown_;
};

}  // namespace perigee::node

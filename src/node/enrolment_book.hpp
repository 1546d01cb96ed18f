#pragma once

#include "control/enrolment/enroller.hpp"
#include "control/registry/registry.hpp"

namespace perigee::node {

/// Enrolment as the registry keeps it: tokens are used up, things noted, certificates recorded. For the length of one
/// question to the registry, on its worker.
class enrolment_book final : public control::enrolment::book {
 public:
  /// `grace`: how long a certificate is still taken after it was renewed.
  enrolment_book(control::registry::registry& in, nanoseconds grace) : in_(in), grace_(grace) {}

  [[nodiscard]] std::expected<void, control::enrolment::denial> admit(const control::enrolment::applicant& who,
                                                                      std::string_view token, identity::profile wanted,
                                                                      timestamp now) override;
  [[nodiscard]] std::expected<identity::profile, control::enrolment::denial> may_renew(
      const control::enrolment::applicant& who, const control::enrolment::shown_certificate& with,
      timestamp now) override;
  [[nodiscard]] std::expected<void, control::enrolment::denial> enter(
      const control::enrolment::applicant& who, const control::enrolment::issued& what,
      const control::enrolment::shown_certificate* replaces, timestamp now) override;

 private:
  control::registry::registry& in_;
  nanoseconds grace_;
};

}  // namespace perigee::node

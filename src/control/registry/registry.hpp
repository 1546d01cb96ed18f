#pragma once
// The things of a site, their certificates and the tokens that let them in: one SQLite file, in which each change and
// the row of the audit that tells of it are one transaction. Layout: docs/formats/registry.md.

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.hpp"
#include "control/registry/application.hpp"
#include "control/registry/certificate.hpp"
#include "control/registry/enrolment.hpp"
#include "control/registry/outcome.hpp"
#include "control/registry/provisioning.hpp"
#include "control/registry/report.hpp"
#include "control/registry/standing.hpp"
#include "control/registry/thing.hpp"
#include "control/registry/token.hpp"

namespace perigee::control::registry {

/// One row of the audit.
struct audit_row {
  timestamp at{};
  std::string who{};
  std::string from{};
  std::string what{};  // "suspended"
  std::string of{};    // the name of the thing, the token's id, or the certificate's serial number
  std::string why{};
  bool refused = false;
};

/// What is wrong with one of several things.
struct indexed_refusal {
  std::size_t index = 0;
  refusal why;
};

/// What a thing has beside a certificate that it gets.
enum class beside : std::uint8_t {
  others,   // it may have others that are current: a rotation
  nothing,  // refused with errc::exists where it has one: one serial number, one certificate
};

/// Blocking, on one thread at a time: a worker of the node's owns it. Several may have the same file open.
class registry {
 public:
  /// Makes the file where there is none. errc::unsupported: a newer version wrote it.
  [[nodiscard]] static result<std::unique_ptr<registry>> open(const std::string& file);
  ~registry();
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;

  // Things. errc::not_found, exists (name or serial number), refused (not a step of its life), malformed, full.

  [[nodiscard]] outcome<thing> add(const new_thing& made, const actor& by);
  /// All of them or none: then what is wrong with each that is, those that collide among themselves included.
  [[nodiscard]] std::expected<std::size_t, std::vector<indexed_refusal>> add_all(std::span<const new_thing> made,
                                                                                 const actor& by);
  [[nodiscard]] outcome<thing> find(std::string_view name);
  [[nodiscard]] outcome<std::vector<thing>> list(const selection& which);
  [[nodiscard]] outcome<thing> change(std::string_view name, const patch& what, const actor& by);
  /// `retire` also revokes its certificates.
  [[nodiscard]] outcome<thing> take(std::string_view name, step taken, const actor& by);
  /// Its certificates stay known: what was revoked stays so.
  [[nodiscard]] outcome<> remove(std::string_view name, const actor& by);

  // Tokens. errc::not_found, exists, full, malformed.

  [[nodiscard]] outcome<token> add(const new_token& made, const actor& by);
  [[nodiscard]] outcome<std::vector<token>> tokens(std::string_view after, std::size_t limit);
  [[nodiscard]] outcome<token> revoke_token(std::string_view id, const actor& by);
  /// One use of the token whose secret this is, by `name`: the token as it is then, or the one reason why not. Of two
  /// that use it at once, exactly one is the last. A refusal stands in the audit.
  [[nodiscard]] outcome<std::expected<token, token_refusal>> use(std::string_view secret, purpose wanted,
                                                                 std::string_view name, const actor& by);

  // Enrolment: what it takes and what comes of it are one transaction, so that whoever dies in it has nothing and can
  // begin again, or has its certificate. Refusals stand in the audit. What `make` refuses is passed on, and changes
  // nothing.

  /// One use of a token, the thing where it is new, and the certificate that `make` then makes. Who asks again with the
  /// same token and the same key gets another one and uses nothing up: the answer to the first may have been lost.
  [[nodiscard]] outcome<std::expected<certificate, denied>> enrol(const enrolment& asked, certificate_maker make,
                                                                  const actor& by);
  /// A gateway's token is used once for both of its certificates, the node's and the authority's, in any order.
  /// Another certificate in the place of a current one.
  [[nodiscard]] outcome<std::expected<certificate, denied>> renew(const renewal& asked, certificate_maker make,
                                                                  const actor& by);

  /// Enrolments that waited for an operator, by id, and the operator's word: errc::refused where one was said before.
  /// An approval holds for the token and the key that it was asked with, seven days long.
  [[nodiscard]] outcome<std::vector<application>> applications(std::string_view after, std::size_t limit);
  [[nodiscard]] outcome<application> decide(std::string_view id, decision word, const actor& by);

  // Fleet provisioning: docs/provisioning.md. errc::not_found, exists, malformed, full.

  [[nodiscard]] outcome<stored_template> add_template(const stored_template& made, const actor& by);
  [[nodiscard]] outcome<stored_template> find_template(std::string_view name);
  [[nodiscard]] outcome<std::vector<stored_template>> templates(std::string_view after, std::size_t limit);
  /// Its claims are good for nothing from then on.
  [[nodiscard]] outcome<> remove_template(std::string_view name, const actor& by);
  /// A certificate that lets its owner do nothing but provision by `made.claim`.
  [[nodiscard]] outcome<certificate> add_claim(const new_certificate& made, const actor& by);
  /// A certificate that is nobody's yet.
  [[nodiscard]] outcome<std::expected<certificate, denied>> create(const claim& with, const ownership& of,
                                                                   certificate_maker make, const actor& by);
  /// It becomes a thing's, which is made where it is new: one transaction. `make` says which, or why not.
  [[nodiscard]] outcome<std::expected<thing, denied>> provision(
      const provisioning& asked, function_ref<std::expected<provisioned, std::string>(const certificate&)> make,
      const actor& by);
  /// Certificates that nobody provisioned in time are revoked: how many.
  [[nodiscard]] outcome<std::size_t> end_provisioning(const actor& by);

  // Gateways: what one of them enrolled, told upward. docs/identity.md, "Gateways".

  /// From now on each change is also a report that waits, in the same transaction.
  void report_changes();
  /// The oldest reports that wait: things as they stand now.
  [[nodiscard]] outcome<std::vector<report>> reports(std::size_t limit);
  /// These were told, by number and name; what changed since waits on.
  [[nodiscard]] outcome<> reported(std::span<const std::pair<std::int64_t, std::string>> told);
  /// What a gateway tells: it may come again and again. Refused, with a row of the audit, what lies outside of its
  /// constraint or is not its own. What has ended here stays ended.
  [[nodiscard]] outcome<std::expected<thing, denied>> take_report(const report& told, std::string_view gateway,
                                                                  const actor& by);

  // Certificates. errc::not_found, exists, refused, malformed, full.

  /// A certificate was issued: a thing that had none is provisioned.
  [[nodiscard]] outcome<certificate> record(const new_certificate& made, beside may_have, const actor& by);
  /// A thing connected: it is active from then on, and a certificate that is not known yet is recorded. One without a
  /// serial number, which a proxy has seen in our place, is not.
  [[nodiscard]] outcome<thing> connected(const new_certificate& shown, const actor& by);
  [[nodiscard]] outcome<certificate> supersede(const certificate_id& id, timestamp grace_until, const actor& by);
  /// An empty issuer: the one certificate with this serial number; errc::refused where there are several. A key that is
  /// compromised takes its owner's other certificates of it along.
  [[nodiscard]] outcome<certificate> revoke(const certificate_id& id, revocation_reason reason, const actor& by);
  [[nodiscard]] outcome<std::vector<certificate>> certificates(const certificate_selection& which);
  [[nodiscard]] outcome<certificate> find(const certificate_id& id);
  /// What a list of this issuer's has now: its certificates that are revoked and have not expired, and those of things
  /// that are suspended, which are on hold (RFC 5280 5.3.1).
  [[nodiscard]] outcome<std::vector<identity::revocation>> revocations(std::string_view issuer, timestamp now);

  /// The newest rows about one thing, token or certificate, the newest first.
  [[nodiscard]] outcome<std::vector<audit_row>> audit(std::string_view of, std::size_t limit);
  /// Something was refused elsewhere that belongs in the audit: `what` ("connection"), of which thing, and in `by` why.
  [[nodiscard]] outcome<> note_refusal(std::string_view what, std::string_view of, const actor& by);
  /// When things were last seen: no rows of the audit. Unknown names are passed over.
  [[nodiscard]] outcome<> note_seen(std::span<const std::pair<std::string, timestamp>> all);

  /// Everything that a standing needs at a start.
  [[nodiscard]] outcome<changes> snapshot();
  /// What changed for the standing since the last call. Nothing of what was rolled back.
  [[nodiscard]] changes take_changes();

 private:
  struct state;
  explicit registry(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace perigee::control::registry

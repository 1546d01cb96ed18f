#pragma once
// What the registry holds, and what its changes are made of: each of these is part of one transaction.

#include <format>
#include <iterator>
#include <utility>

#include "control/registry/detail/application_table.hpp"
#include "control/registry/detail/audit_table.hpp"
#include "control/registry/detail/certificate_table.hpp"
#include "control/registry/detail/provisioning_table.hpp"
#include "control/registry/detail/report_table.hpp"
#include "control/registry/detail/thing_table.hpp"
#include "control/registry/detail/token_table.hpp"
#include "control/registry/registry.hpp"

namespace perigee::control::registry {

inline refusal taken(std::string field, std::string detail) {
  return {errc::exists, "It is taken already.", std::move(field), std::move(detail), "another one"};
}
inline refusal against(const char* sentence) { return {errc::refused, "Its state does not allow this.", {}, sentence}; }

/// Owned by its registry. Everything but `whole` is called inside of `whole`.
struct registry::state {
  sqlite::connection db;
  detail::thing_table things;
  detail::token_table tokens;
  detail::certificate_table certificates;
  detail::audit_table audit;
  detail::application_table applications;
  detail::provisioning_table provisioning;
  detail::report_table reports;
  bool reports_changes = false;
  changes making{};  // of the transaction under way
  changes made{};    // committed, and not yet told

  /// One transaction: what `work` writes is there as a whole when it answers well, and not at all otherwise.
  template <class Work>
  std::invoke_result_t<Work> whole(Work work) {
    PG_TRY_VOID(db.execute("BEGIN IMMEDIATE"));
    making.clear();
    auto out = work();
    if (out) {
      if (const auto noted = note_reports(); !noted) out = std::unexpected(refusal(noted.error()));
    }
    if (out) {
      if (const auto done = db.execute("COMMIT"); !done) out = std::unexpected(refusal(done.error()));
    }
    if (!out) {
      (void)db.execute("ROLLBACK");  // SQLite may have rolled back by itself
    } else {
      std::ranges::move(making, std::back_inserter(made));
    }
    return out;
  }

  /// What the transaction changed, for the parent.
  result<> note_reports();
  outcome<> merge(const certificate& told, const actor& by);
  outcome<thing> existing(std::string_view name) {
    PG_TRY(auto found, things.find(name));
    if (!found) return std::unexpected(refusal(errc::not_found, "There is no thing of this name."));
    return std::move(*found);
  }
  outcome<certificate> existing(const certificate_id& id);
  outcome<thing> insert(const new_thing& made, const actor& by);
  outcome<> write(const thing& changed, std::string_view what, const actor& by);
  outcome<> insert(const new_certificate& made, certificate_state as, const actor& by);
  outcome<> write(const certificate& changed, std::string_view what, const actor& by);
  outcome<> make_room(timestamp now);
  outcome<> revoke(certificate& one, revocation_reason reason, const actor& by);
  outcome<> revoke_key_of(const certificate& one, revocation_reason reason, const actor& by);
  outcome<> revoke_all_of(std::string_view name, const actor& by);
  outcome<> see(const new_certificate& shown, const actor& by);
  /// A thing gets a certificate: errc::exists where the issuer gave its number before, refused in the wrong stage.
  outcome<certificate> give(const new_certificate& given, const actor& by);
  outcome<> take_use(const token& of, const actor& by);
  /// What an operator's word means for an enrolment that needs it, where it has none yet: it waits from now on.
  /// Nothing: it goes on.
  outcome<std::optional<denied>> ask_operator(const enrolment& asked, const token& by_token,
                                              const std::optional<application>& earlier, bool use_is_taken,
                                              const actor& by);
  outcome<certificate> certify(const enrolment& asked, const std::string& token_id, const std::vector<certificate>& all,
                               certificate_maker make, const actor& by);
  outcome<std::expected<certificate, denied>> check_claim(const claim& of, std::string_view template_name,
                                                          const actor& by);
  outcome<std::optional<denied>> replace_all_of(const thing& known, bool replaces, const actor& by);
  outcome<> hand_over(certificate one, thing& to, const actor& by);
  /// A row of the audit, and the answer that goes with it.
  outcome<std::expected<certificate, denied>> deny(std::string_view what, std::string_view of, denied why,
                                                   const actor& by);
  /// It is taken until `grace_until` yet; errc::refused unless it is current.
  outcome<certificate> supersede(certificate of, timestamp grace_until, const actor& by);
};

}  // namespace perigee::control::registry

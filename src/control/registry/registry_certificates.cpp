#include <algorithm>

#include "control/registry/detail/state.hpp"

namespace perigee::control::registry {

outcome<certificate> registry::record(const new_certificate& made, beside may_have, const actor& by) {
  return state_->whole([&]() -> outcome<certificate> {
    if (may_have == beside::nothing) {
      PG_TRY(const auto others, state_->certificates.of(made.name));
      if (std::ranges::contains(others, certificate_state::current, &certificate::state)) {
        return std::unexpected(taken("name", std::format("'{}' has a certificate", made.name)));
      }
    }
    return state_->give(made, by);
  });
}

outcome<thing> registry::connected(const new_certificate& shown, const actor& by) {
  return state_->whole([&]() -> outcome<thing> {
    PG_TRY(auto one, state_->existing(shown.name));
    const auto provisioned = next(one.stage, step::provision);
    const auto active = provisioned ? next(*provisioned, step::activate) : provisioned;
    if (!active) return std::unexpected(against(active.error()));
    if (!shown.id.serial.empty()) PG_TRY_VOID(state_->see(shown, by));
    const bool first = one.stage.now != active->now;
    one.stage = *active;
    one.last_seen = by.at;
    if (!first) {
      PG_TRY_VOID(state_->things.see(shown.name, by.at));
      return one;
    }
    one.changed = by.at;
    PG_TRY_VOID(state_->write(one, done_of(step::activate), by));
    return one;
  });
}

outcome<certificate> registry::supersede(const certificate_id& id, timestamp grace_until, const actor& by) {
  return state_->whole([&]() -> outcome<certificate> {
    PG_TRY(auto one, state_->existing(id));
    return state_->supersede(std::move(one), grace_until, by);
  });
}

outcome<certificate> registry::revoke(const certificate_id& id, revocation_reason reason, const actor& by) {
  return state_->whole([&]() -> outcome<certificate> {
    PG_TRY(auto one, state_->existing(id));
    if (one.state == certificate_state::revoked) return std::unexpected(against("the certificate is revoked already"));
    PG_TRY_VOID(state_->revoke(one, reason, by));
    if (reason == revocation_reason::key_compromise || reason == revocation_reason::ca_compromise)
      PG_TRY_VOID(state_->revoke_key_of(one, reason, by));
    return one;
  });
}

outcome<> registry::state::revoke(certificate& one, revocation_reason reason, const actor& by) {
  one.state = certificate_state::revoked;
  one.reason = reason;
  one.at = by.at;
  return write(one, std::format("certificate {} revoked: {}", one.given.id.serial, name_of(reason)), by);
}

/// Its owner's others that certify the same key, as a gateway's do that were renewed: whoever has the key has them all.
outcome<> registry::state::revoke_key_of(const certificate& one, revocation_reason reason, const actor& by) {
  if (one.given.key.empty()) return {};
  PG_TRY(auto all, certificates.of(one.given.name));
  for (auto& each : all) {
    if (each.given.key != one.given.key || each.state == certificate_state::revoked) continue;
    PG_TRY_VOID(revoke(each, reason, by));
  }
  return {};
}

outcome<std::vector<certificate>> registry::certificates(const certificate_selection& which) {
  return state_->certificates.list(which);
}

outcome<std::vector<identity::revocation>> registry::revocations(std::string_view issuer, timestamp now) {
  return state_->certificates.revoked(issuer, now);
}

outcome<certificate> registry::find(const certificate_id& id) {
  PG_TRY(auto found, state_->certificates.find(id));
  if (!found) return fail(errc::not_found, "there is no such certificate");
  return *std::move(found);
}

}  // namespace perigee::control::registry

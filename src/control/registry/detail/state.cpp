#include "control/registry/detail/state.hpp"

#include <algorithm>

#include "base/identity_limits.hpp"

namespace perigee::control::registry {
namespace {

constexpr const char* no_certificate = "No certificate with this serial number is known.";

certificate_stands standing_of(const certificate& one) {
  const auto& given = one.given;
  const bool by_alias = !given.common_name.empty() && given.common_name != given.name;
  return {given.id, given.name, one.state, one.grace_until, given.claim, by_alias};
}

}  // namespace

/// Where it may be added: it is, with its row of the audit.
outcome<thing> registry::state::insert(const new_thing& given, const actor& by) {
  if (auto fault = fault_of(given)) return std::unexpected(std::move(*fault));
  PG_TRY(const auto before, things.find(given.name));
  if (before) return std::unexpected(taken("name", std::format("there is a thing named '{}'", given.name)));
  if (!given.serial_number.empty()) {
    PG_TRY(const auto owner, things.owner_of(given.serial_number));
    if (!owner.empty()) return std::unexpected(taken("serial_number", std::format("it is that of '{}'", owner)));
  }
  thing added{.given = given, .stage = {}, .created = by.at, .changed = by.at, .last_seen = {}};
  PG_TRY_VOID(things.insert(added));
  PG_TRY_VOID(audit.add("added", given.name, by));
  making.emplace_back(thing_stands{given.name, added.stage.now});
  return added;
}

outcome<> registry::state::write(const thing& changed, std::string_view what, const actor& by) {
  PG_TRY_VOID(things.update(changed));
  PG_TRY_VOID(audit.add(what, changed.given.name, by));
  making.emplace_back(thing_stands{changed.given.name, changed.stage.now});
  return {};
}

outcome<certificate> registry::state::existing(const certificate_id& id) {
  if (!id.issuer.empty()) {
    PG_TRY(auto found, certificates.find(id));
    if (!found) return std::unexpected(refusal(errc::not_found, no_certificate));
    return std::move(*found);
  }
  PG_TRY(auto all, certificates.find_all(id.serial));
  if (all.empty()) return std::unexpected(refusal(errc::not_found, no_certificate));
  if (all.size() > 1) {
    return std::unexpected(refusal(errc::refused, "Several certificates have this serial number.", "issuer",
                                   "issuers may give the same numbers", "the issuer's key identifier"));
  }
  return std::move(all.front());
}

outcome<> registry::state::make_room(timestamp now) {
  PG_TRY(const auto held, certificates.count());
  if (held < limits::registry_certificates_max) return {};
  PG_TRY(auto dropped, certificates.drop_one_expired(now));
  if (!dropped) return std::unexpected(refusal(errc::full, "The registry has no room for a further certificate."));
  making.emplace_back(certificate_gone{std::move(*dropped)});
  return {};
}

outcome<> registry::state::insert(const new_certificate& given, certificate_state as, const actor& by) {
  PG_TRY_VOID(make_room(by.at));
  const certificate one{.given = given, .state = as, .at = {}, .grace_until = {}};
  PG_TRY_VOID(certificates.insert(one));
  making.emplace_back(standing_of(one));
  return {};
}

outcome<> registry::state::write(const certificate& changed, std::string_view what, const actor& by) {
  PG_TRY_VOID(certificates.update(changed));
  PG_TRY_VOID(audit.add(what, changed.given.name, by));
  making.emplace_back(standing_of(changed));
  return {};
}

outcome<> registry::state::revoke_all_of(std::string_view name, const actor& by) {
  PG_TRY(auto all, certificates.of(name));
  for (auto& each : all) {
    if (each.state == certificate_state::revoked) continue;
    each.state = certificate_state::revoked;
    each.reason = revocation_reason::cessation_of_operation;
    each.at = by.at;
    PG_TRY_VOID(write(each, std::format("certificate {} revoked: {}", each.given.id.serial, name_of(each.reason)), by));
  }
  return {};
}

/// One that was shown at a connection: another authority's may be new here.
outcome<> registry::state::see(const new_certificate& shown, const actor& by) {
  if (auto fault = fault_of(shown)) return std::unexpected(std::move(*fault));
  PG_TRY(const auto known, certificates.find(shown.id));
  if (known && (known->state == certificate_state::revoked || known->given.name != shown.name)) {
    return std::unexpected(against("the certificate is revoked, or another thing's"));
  }
  if (known) return {};
  PG_TRY_VOID(insert(shown, certificate_state::current, by));
  PG_TRY_VOID(audit.add(std::format("certificate {} seen", shown.id.serial), shown.name, by));
  return {};
}

outcome<certificate> registry::state::give(const new_certificate& given, const actor& by) {
  if (auto fault = fault_of(given)) return std::unexpected(std::move(*fault));
  PG_TRY(auto whose, existing(given.name));
  const auto then = next(whose.stage, step::provision);
  if (!then) return std::unexpected(against(then.error()));
  PG_TRY(const auto same, certificates.find(given.id));
  if (same) return std::unexpected(taken("serial", "its issuer has given this serial number already"));
  PG_TRY_VOID(insert(given, certificate_state::current, by));
  whose.stage = *then;
  whose.changed = by.at;
  PG_TRY_VOID(write(whose, std::format("certificate {} issued", given.id.serial), by));
  return certificate{.given = given, .at = {}, .grace_until = {}};
}

outcome<certificate> registry::state::supersede(certificate of, timestamp grace_until, const actor& by) {
  if (of.state != certificate_state::current) return std::unexpected(against("the certificate is not current"));
  of.state = certificate_state::superseded;
  of.at = by.at;
  of.grace_until = grace_until;
  PG_TRY_VOID(write(of, std::format("certificate {} superseded", of.given.id.serial), by));
  return of;
}

}  // namespace perigee::control::registry

#include <algorithm>
#include <format>

#include "base/identity_limits.hpp"
#include "control/registry/detail/state.hpp"

namespace perigee::control::registry {
namespace {

using answer = std::expected<thing, denied>;

constexpr const char* no_template = "There is no template of this name.";

}  // namespace

outcome<stored_template> registry::add_template(const stored_template& made, const actor& by) {
  return state_->whole([&]() -> outcome<stored_template> {
    if (!is_name(made.name)) {
      return std::unexpected(refusal(errc::malformed, "A field of the template is wrong.", "name",
                                     "it is no name of a template", name_rule()));
    }
    PG_TRY(const auto known, state_->provisioning.find_template(made.name));
    if (known) return std::unexpected(taken("name", std::format("there is a template named '{}'", made.name)));
    PG_TRY(const auto held, state_->provisioning.count_templates());
    if (held >= limits::registry_templates_max) {
      return std::unexpected(refusal(errc::full, "There are as many templates as can be."));
    }
    auto kept = made;
    kept.created = by.at;
    kept.by = by.who;
    PG_TRY_VOID(state_->provisioning.insert(kept));
    PG_TRY_VOID(state_->audit.add("template added", made.name, by));
    return kept;
  });
}

outcome<stored_template> registry::find_template(std::string_view name) {
  PG_TRY(auto found, state_->provisioning.find_template(name));
  if (!found) return std::unexpected(refusal(errc::not_found, no_template));
  return std::move(*found);
}

outcome<std::vector<stored_template>> registry::templates(std::string_view after, std::size_t limit) {
  return state_->provisioning.templates(after, limit);
}

outcome<> registry::remove_template(std::string_view name, const actor& by) {
  return state_->whole([&]() -> outcome<> {
    PG_TRY_VOID(find_template(name));
    PG_TRY_VOID(state_->provisioning.remove_template(name));
    PG_TRY_VOID(state_->audit.add("template removed", name, by));
    return {};
  });
}

outcome<certificate> registry::add_claim(const new_certificate& made, const actor& by) {
  return state_->whole([&]() -> outcome<certificate> {
    if (auto fault = fault_of(made)) return std::unexpected(std::move(*fault));
    PG_TRY_VOID(find_template(made.claim));
    PG_TRY_VOID(state_->insert(made, certificate_state::current, by));
    PG_TRY_VOID(state_->audit.add(std::format("claim {} made", made.name), made.claim, by));
    return certificate{.given = made, .at = {}, .grace_until = {}};
  });
}

/// The claim's own row, or why it is none.
outcome<std::expected<certificate, denied>> registry::state::check_claim(const claim& of,
                                                                         std::string_view template_name,
                                                                         const actor& by) {
  using checked = std::expected<certificate, denied>;
  PG_TRY(auto all, certificates.of(of.name));
  const auto found = std::ranges::find_if(all, [&](const certificate& each) {
    return !each.given.claim.empty() && each.state == certificate_state::current && each.given.not_after > by.at;
  });
  if (found == all.end())
    return deny("provisioning", of.name, {denied::kind::stranger, "it shows no claim that is good"}, by);
  if (!template_name.empty() && found->given.claim != template_name) {
    return deny("provisioning", of.name,
                {denied::kind::forbidden, std::format("its claim is for '{}'", found->given.claim)}, by);
  }
  return checked(std::move(*found));
}

outcome<std::expected<certificate, denied>> registry::create(const claim& with, const ownership& of,
                                                             certificate_maker make, const actor& by) {
  using made_one = std::expected<certificate, denied>;
  return state_->whole([&]() -> outcome<made_one> {
    auto& in = *state_;
    PG_TRY(const auto good, in.check_claim(with, "", by));
    if (!good) return made_one(std::unexpected(good.error()));
    if (with.wants_a_key) {
      PG_TRY(const auto from, in.provisioning.find_template(good->given.claim));
      if (!from || !from->makes_keys) {
        return in.deny("provisioning", with.name,
                       {denied::kind::forbidden, "devices make their own keys here: use create-from-csr"}, by);
      }
    }
    PG_TRY(const auto held, in.provisioning.count_owned());
    if (held >= limits::registry_pending_certificates_max) {
      return std::unexpected(refusal(errc::full, "As many certificates as can be wait to be provisioned."));
    }
    PG_TRY(auto given, make(kind::device));
    given.common_name = given.name;
    if (auto fault = fault_of(given)) return std::unexpected(std::move(*fault));
    PG_TRY_VOID(in.insert(given, certificate_state::pending, by));
    PG_TRY_VOID(in.provisioning.insert(of, given.id));
    PG_TRY_VOID(in.audit.add(std::format("certificate {} made, to be provisioned", given.id.serial), with.name, by));
    return made_one(certificate{.given = given, .state = certificate_state::pending, .at = {}, .grace_until = {}});
  });
}

/// What the thing had before: one serial number, one certificate.
outcome<std::optional<denied>> registry::state::replace_all_of(const thing& known, bool replaces, const actor& by) {
  PG_TRY(auto all, certificates.of(known.given.name));
  for (auto& each : all) {
    if (each.state == certificate_state::revoked) continue;
    if (!replaces) return denied{denied::kind::forbidden, std::format("'{}' has a certificate", known.given.name)};
    each.state = certificate_state::revoked;
    each.reason = revocation_reason::superseded;
    each.at = by.at;
    PG_TRY_VOID(write(each, std::format("certificate {} revoked: superseded", each.given.id.serial), by));
  }
  return std::optional<denied>();
}

outcome<std::expected<thing, denied>> registry::provision(
    const provisioning& asked, function_ref<std::expected<provisioned, std::string>(const certificate&)> make,
    const actor& by) {
  return state_->whole([&]() -> outcome<answer> {
    auto& in = *state_;
    const auto no = [&](denied why) -> outcome<answer> {
      PG_TRY_VOID(in.deny("provisioning", asked.by.name, why, by));
      return answer(std::unexpected(std::move(why)));
    };
    PG_TRY(const auto good, in.check_claim(asked.by, asked.template_name, by));
    if (!good) return answer(std::unexpected(good.error()));
    PG_TRY(const auto owned, in.provisioning.owned(asked.secret, by.at));
    if (!owned) return no({denied::kind::stranger, "the ownership token is unknown, used or over an hour old"});
    PG_TRY(auto one, in.existing(*owned));
    const auto wanted = make(one);
    if (!wanted) return no({denied::kind::forbidden, wanted.error()});
    const auto& given = wanted->thing;
    if (const auto fault = fault_of(given)) return no({denied::kind::forbidden, fault->field + ": " + fault->detail});
    PG_TRY(const auto owner, in.things.owner_of(given.serial_number));
    if (!owner.empty() && owner != given.name) {
      return no({denied::kind::forbidden, std::format("the serial number is that of '{}'", owner)});
    }
    PG_TRY(auto known, in.things.find(given.name));
    if (known && (known->stage.now == lifecycle::suspended || known->stage.now == lifecycle::retired)) {
      return no({denied::kind::forbidden, std::format("'{}' is {}", given.name, name_of(known->stage.now))});
    }
    if (known) {
      PG_TRY(auto stays, in.replace_all_of(*known, wanted->replaces, by));
      if (stays) return no(*std::move(stays));
      known->given.groups = given.groups;
      known->given.attributes = given.attributes;
    } else {
      PG_TRY(known, in.insert(given, by));
    }
    PG_TRY_VOID(in.provisioning.remove_owned(asked.secret));
    PG_TRY_VOID(in.hand_over(std::move(one), *known, by));
    return answer(std::move(*known));
  });
}

/// A certificate that was nobody's becomes the thing's.
outcome<> registry::state::hand_over(certificate one, thing& to, const actor& by) {
  const auto then = next(to.stage, step::provision);
  if (!then) return std::unexpected(against(then.error()));
  one.given.name = to.given.name;
  one.state = certificate_state::current;
  PG_TRY_VOID(certificates.rename(one.given.id, one.given.name));
  PG_TRY_VOID(write(one, std::format("certificate {} provisioned", one.given.id.serial), by));
  to.stage = *then;
  to.changed = by.at;
  return write(to, done_of(step::provision), by);
}

outcome<std::size_t> registry::end_provisioning(const actor& by) {
  return state_->whole([&]() -> outcome<std::size_t> {
    PG_TRY(const auto over, state_->provisioning.drop_expired(by.at));
    for (const auto& id : over) {
      PG_TRY(auto one, state_->existing(id));
      if (one.state != certificate_state::pending) continue;
      one.state = certificate_state::revoked;
      one.reason = revocation_reason::cessation_of_operation;
      one.at = by.at;
      PG_TRY_VOID(state_->write(one, std::format("certificate {} revoked: not provisioned in time", id.serial), by));
    }
    return over.size();
  });
}

}  // namespace perigee::control::registry

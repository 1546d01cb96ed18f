#include <algorithm>
#include <format>

#include "base/identity_limits.hpp"
#include "control/registry/detail/state.hpp"

namespace perigee::control::registry {
namespace {

/// Whom a change is about.
struct subject {
  std::string_view operator()(const thing_stands& one) const { return one.name; }
  std::string_view operator()(const certificate_stands& one) const { return one.name; }
  std::string_view operator()(const thing_gone&) const { return {}; }
  std::string_view operator()(const certificate_gone&) const { return {}; }
};

/// What has ended stays ended, whoever said so last.
lifecycle later_of(lifecycle here, lifecycle told) {
  return here == lifecycle::retired || told == lifecycle::retired ? lifecycle::retired : told;
}

int finality(certificate_state s) {
  switch (s) {
    case certificate_state::pending: return 0;
    case certificate_state::current: return 1;
    case certificate_state::superseded: return 2;
    case certificate_state::revoked: break;
  }
  return 3;
}

}  // namespace

result<> registry::state::note_reports() {
  if (!reports_changes) return {};
  for (const auto& each : making) {
    const auto name = std::visit(subject{}, each);
    if (!name.empty()) PG_TRY_VOID(reports.note(name));
  }
  return {};
}

void registry::report_changes() { state_->reports_changes = true; }

outcome<std::vector<report>> registry::reports(std::size_t limit) {
  std::vector<report> out;
  PG_TRY(const auto all, state_->reports.oldest(limit));
  for (const auto& [number, name] : all) {
    PG_TRY(auto one, state_->things.find(name));
    PG_TRY(auto certificates, state_->certificates.of(name));
    if (!one) one.emplace().given.name = name;  // a certificate that is nobody's yet, or a thing that is gone
    out.push_back({number, *std::move(one), std::move(certificates)});
  }
  return out;
}

outcome<> registry::reported(std::span<const std::pair<std::int64_t, std::string>> told) {
  return state_->whole([&]() -> outcome<> {
    for (const auto& [number, name] : told) PG_TRY_VOID(state_->reports.remove(name, number));
    return {};
  });
}

/// A certificate as its gateway tells of it. errc::refused where it is another's here.
outcome<> registry::state::merge(const certificate& told, const actor& by) {
  PG_TRY(auto known, certificates.find(told.given.id));
  if (!known) {
    PG_TRY_VOID(insert(told.given, certificate_state::current, by));
    PG_TRY_VOID(audit.add(std::format("certificate {} issued", told.given.id.serial), told.given.name, by));
    known = certificate{.given = told.given, .at = {}, .grace_until = {}};
  }
  if (known->given.name != told.given.name) return std::unexpected(against("the certificate is another thing's"));
  if (finality(told.state) <= finality(known->state)) return {};
  auto now = told;
  now.given = known->given;
  return write(now, std::format("certificate {} {}", told.given.id.serial, name_of(told.state)), by);
}

outcome<std::expected<thing, denied>> registry::take_report(const report& told, std::string_view gateway,
                                                            const actor& by) {
  using answer = std::expected<thing, denied>;
  return state_->whole([&]() -> outcome<answer> {
    auto& in = *state_;
    const auto no = [&](std::string why) -> outcome<answer> {
      PG_TRY_VOID(in.deny("report of a gateway", told.one.given.name, {denied::kind::forbidden, why}, by));
      return answer(std::unexpected(denied{denied::kind::forbidden, std::move(why)}));
    };
    auto given = told.one.given;
    given.gateway = gateway;
    if (const auto fault = fault_of(given)) return no(fault->field + ": " + fault->detail);
    PG_TRY(const auto from, in.things.find(gateway));
    if (!from || from->given.is != kind::node) return no(std::format("'{}' is no node that is known here", gateway));
    if (from->stage.now == lifecycle::retired) return no(std::format("'{}' is retired", gateway));
    if (!identity::is_below(given.name, gateway))
      return no(std::format("it is outside of what '{}' may issue", gateway));
    for (const auto& each : told.certificates) {
      const bool its_own = each.given.name == given.name && !fault_of(each.given) && each.given.claim.empty();
      if (!its_own) return no("one of its certificates cannot be");
    }
    PG_TRY(auto known, in.things.find(given.name));
    if (known && !known->given.gateway.empty() && known->given.gateway != gateway) {
      return no("it is not this gateway's");
    }
    if (!known) {
      PG_TRY(known, in.insert(given, by));
    }
    for (const auto& each : told.certificates) PG_TRY_VOID(in.merge(each, by));
    const auto then = later_of(known->stage.now, told.one.stage.now);
    if (then != known->stage.now) {
      known->stage = {then, told.one.stage.before};
      known->changed = by.at;
      PG_TRY_VOID(in.write(*known, name_of(then), by));
      if (then == lifecycle::retired) PG_TRY_VOID(in.revoke_all_of(given.name, by));
    }
    return answer(std::move(*known));
  });
}

}  // namespace perigee::control::registry

#include "control/registry/registry.hpp"

#include <algorithm>
#include <format>
#include <set>

#include "access/credential.hpp"
#include "base/identity_limits.hpp"
#include "control/registry/detail/audit_table.hpp"
#include "control/registry/detail/certificate_table.hpp"
#include "control/registry/detail/schema.hpp"
#include "control/registry/detail/thing_table.hpp"
#include "control/registry/detail/token_table.hpp"

namespace perigee::control::registry {
namespace {

constexpr const char* no_thing = "There is no thing of this name.";
constexpr const char* no_token = "There is no token of this name.";
constexpr const char* no_certificate = "No certificate with this serial number is known.";
constexpr const char* not_now = "Its state does not allow this.";

refusal taken(std::string field, std::string detail) {
  return {errc::exists, "It is taken already.", std::move(field), std::move(detail), "another one"};
}

/// The file's fault, not the request's.
bool is_failure(const refusal& r) { return is(r, errc::io) || is(r, errc::no_space) || is(r, errc::corrupt); }

refusal against(const char* sentence) { return {errc::refused, not_now, {}, sentence}; }

}  // namespace

struct registry::state {
  sqlite::connection db;
  detail::thing_table things;
  detail::token_table tokens;
  detail::certificate_table certificates;
  detail::audit_table audit;
  changes making{};  // of the transaction under way
  changes made{};    // committed, and not yet told

  /// One transaction: what `work` writes is there as a whole when it answers well, and not at all otherwise.
  template <class Work>
  std::invoke_result_t<Work> whole(Work work) {
    PG_TRY_VOID(db.execute("BEGIN IMMEDIATE"));
    making.clear();
    auto out = work();
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

  outcome<thing> existing(std::string_view name) {
    PG_TRY(auto found, things.find(name));
    if (!found) return std::unexpected(refusal(errc::not_found, no_thing));
    return std::move(*found);
  }
  outcome<certificate> existing(const certificate_id& id);
  outcome<thing> insert(const new_thing& made, const actor& by);
  outcome<> write(const thing& changed, std::string_view what, const actor& by);
  outcome<> insert(const new_certificate& made, const actor& by);
  outcome<> write(const certificate& changed, std::string_view what, const actor& by);
  outcome<> make_room(timestamp now);
  outcome<> revoke_all_of(std::string_view name, const actor& by);
  outcome<> see(const new_certificate& shown, const actor& by);
};

registry::registry(std::unique_ptr<state> made) : state_(std::move(made)) {}
registry::~registry() = default;

result<std::unique_ptr<registry>> registry::open(const std::string& file) {
  PG_TRY(auto db, detail::open_database(file));
  PG_TRY(auto things, detail::thing_table::prepare(db));
  PG_TRY(auto tokens, detail::token_table::prepare(db));
  PG_TRY(auto certificates, detail::certificate_table::prepare(db));
  PG_TRY(auto audit, detail::audit_table::prepare(db));
  auto made = std::make_unique<state>(std::move(db), std::move(things), std::move(tokens), std::move(certificates),
                                      std::move(audit));
  return std::unique_ptr<registry>(new registry(std::move(made)));  // tidy: new — the constructor is private
}

// Things

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

outcome<thing> registry::add(const new_thing& made, const actor& by) {
  auto added = add_all(std::span(&made, 1), by);
  if (!added) return std::unexpected(std::move(added.error().front().why));
  return find(made.name);
}

std::expected<std::size_t, std::vector<indexed_refusal>> registry::add_all(std::span<const new_thing> made,
                                                                           const actor& by) {
  std::vector<indexed_refusal> wrong;
  const auto done = state_->whole([&]() -> outcome<> {
    PG_TRY(const auto held, state_->things.count());
    if (static_cast<std::uint64_t>(held) + made.size() > limits::registry_things_max) {
      return std::unexpected(refusal(errc::full, "The registry has no room for so many things.", {},
                                     std::format("it has {} of {}", held, limits::registry_things_max)));
    }
    for (std::size_t i = 0; i < made.size(); ++i) {
      auto one = state_->insert(made[i], by);
      if (!one && is_failure(one.error())) return std::unexpected(std::move(one.error()));
      if (!one) wrong.push_back({i, std::move(one.error())});
    }
    if (!wrong.empty()) return std::unexpected(wrong.front().why);
    return {};
  });
  if (!done && (wrong.empty() || is_failure(done.error()))) wrong.assign(1, {0, done.error()});
  if (!wrong.empty()) return std::unexpected(std::move(wrong));
  return made.size();
}

outcome<thing> registry::find(std::string_view name) { return state_->existing(name); }

outcome<std::vector<thing>> registry::list(const selection& which) { return state_->things.list(which); }

outcome<thing> registry::change(std::string_view name, const patch& what, const actor& by) {
  return state_->whole([&]() -> outcome<thing> {
    PG_TRY(auto one, state_->existing(name));
    if (what.groups) one.given.groups = *what.groups;
    for (const auto& [key, value] : what.attributes) {
      if (value) {
        one.given.attributes.insert_or_assign(key, *value);
      } else {
        one.given.attributes.erase(key);
      }
    }
    if (auto fault = fault_of(one.given)) return std::unexpected(std::move(*fault));
    std::ranges::sort(one.given.groups);
    one.changed = by.at;
    PG_TRY_VOID(state_->write(one, "changed", by));
    return one;
  });
}

outcome<thing> registry::take(std::string_view name, step taken, const actor& by) {
  return state_->whole([&]() -> outcome<thing> {
    PG_TRY(auto one, state_->existing(name));
    const auto then = next(one.stage, taken);
    if (!then) return std::unexpected(against(then.error()));
    one.stage = *then;
    one.changed = by.at;
    PG_TRY_VOID(state_->write(one, done_of(taken), by));
    if (one.stage.now == lifecycle::retired) PG_TRY_VOID(state_->revoke_all_of(name, by));
    return one;
  });
}

outcome<> registry::remove(std::string_view name, const actor& by) {
  return state_->whole([&]() -> outcome<> {
    PG_TRY(const auto one, state_->existing(name));
    if (const auto unfit = unfit_to_delete(one.stage.now)) return std::unexpected(against(*unfit));
    PG_TRY_VOID(state_->things.remove(name));
    PG_TRY_VOID(state_->audit.add("deleted", name, by));
    state_->making.emplace_back(thing_gone{std::string(name)});
    return {};
  });
}

// Tokens

outcome<token> registry::add(const new_token& made, const actor& by) {
  return state_->whole([&]() -> outcome<token> {
    if (auto fault = fault_of(made, by.at)) return std::unexpected(std::move(*fault));
    PG_TRY(const auto named, state_->tokens.find(made.id));
    PG_TRY(const auto same, state_->tokens.find_by(made.secret));
    if (named || same) return std::unexpected(taken("id", "there is this token already"));
    PG_TRY(auto held, state_->tokens.count());
    if (held >= limits::registry_tokens_max) {
      PG_TRY_VOID(state_->tokens.drop_one_ended(by.at));
      PG_TRY(held, state_->tokens.count());
    }
    if (held >= limits::registry_tokens_max) {
      return std::unexpected(refusal(errc::full, "There are as many tokens as can be.", {},
                                     std::format("{} can still be used", held), "revoke some first"));
    }
    token out{.given = made, .created = by.at, .by = by.who, .uses_left = made.uses, .revoked = {}};
    PG_TRY_VOID(state_->tokens.insert(out));
    PG_TRY_VOID(state_->audit.add("token made", made.id, by));
    return out;
  });
}

outcome<std::vector<token>> registry::tokens(std::string_view after, std::size_t limit) {
  return state_->tokens.list(after, limit);
}

outcome<token> registry::revoke_token(std::string_view id, const actor& by) {
  return state_->whole([&]() -> outcome<token> {
    PG_TRY(auto found, state_->tokens.find(id));
    if (!found) return std::unexpected(refusal(errc::not_found, no_token));
    if (found->revoked != timestamp{}) return std::unexpected(against("it is revoked already"));
    PG_TRY_VOID(state_->tokens.revoke(id, by.at));
    PG_TRY_VOID(state_->audit.add("token revoked", id, by));
    found->revoked = by.at;
    return std::move(*found);
  });
}

/// The file's lock of a writer is held from before the look until after the change: so the last use is one's alone.
outcome<std::expected<token, token_refusal>> registry::use(std::string_view secret, purpose wanted,
                                                           std::string_view name, const actor& by) {
  using answer = std::expected<token, token_refusal>;
  return state_->whole([&]() -> outcome<answer> {
    PG_TRY(auto found, state_->tokens.find_by(access::digest_of_token(secret)));
    auto unfit_for = found ? unfit(*found, wanted, name, by.at) : std::optional(token_refusal::unknown);
    if (unfit_for) {
      auto why = by;
      why.why = sentence_of(*unfit_for);
      PG_TRY_VOID(state_->audit.add("token used", found ? std::string_view(found->given.id) : name, why, true));
      return answer(std::unexpected(*unfit_for));
    }
    PG_TRY_VOID(state_->tokens.take_one_use(found->given.id));
    PG_TRY_VOID(state_->audit.add("token used", found->given.id, by));
    --found->uses_left;
    return answer(std::move(*found));
  });
}

// Certificates

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

outcome<> registry::state::insert(const new_certificate& given, const actor& by) {
  PG_TRY_VOID(make_room(by.at));
  PG_TRY_VOID(certificates.insert({.given = given, .at = {}, .grace_until = {}}));
  making.emplace_back(certificate_stands{given.id, given.name, certificate_state::current, {}});
  return {};
}

outcome<> registry::state::write(const certificate& changed, std::string_view what, const actor& by) {
  PG_TRY_VOID(certificates.update(changed));
  PG_TRY_VOID(audit.add(what, changed.given.name, by));
  making.emplace_back(certificate_stands{changed.given.id, changed.given.name, changed.state, changed.grace_until});
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
  PG_TRY_VOID(insert(shown, by));
  PG_TRY_VOID(audit.add(std::format("certificate {} seen", shown.id.serial), shown.name, by));
  return {};
}

outcome<certificate> registry::record(const new_certificate& made, beside may_have, const actor& by) {
  return state_->whole([&]() -> outcome<certificate> {
    if (auto fault = fault_of(made)) return std::unexpected(std::move(*fault));
    PG_TRY(auto whose, state_->existing(made.name));
    const auto then = next(whose.stage, step::provision);
    if (!then) return std::unexpected(against(then.error()));
    PG_TRY(const auto same, state_->certificates.find(made.id));
    if (same) return std::unexpected(taken("serial", "its issuer has given this serial number already"));
    if (may_have == beside::nothing) {
      PG_TRY(const auto others, state_->certificates.of(made.name));
      if (std::ranges::contains(others, certificate_state::current, &certificate::state)) {
        return std::unexpected(taken("name", std::format("'{}' has a certificate", made.name)));
      }
    }
    PG_TRY_VOID(state_->insert(made, by));
    whose.stage = *then;
    whose.changed = by.at;
    PG_TRY_VOID(state_->write(whose, std::format("certificate {} issued", made.id.serial), by));
    return certificate{.given = made, .at = {}, .grace_until = {}};
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
    if (one.state != certificate_state::current) return std::unexpected(against("the certificate is not current"));
    one.state = certificate_state::superseded;
    one.at = by.at;
    one.grace_until = grace_until;
    PG_TRY_VOID(state_->write(one, std::format("certificate {} superseded", id.serial), by));
    return one;
  });
}

outcome<certificate> registry::revoke(const certificate_id& id, revocation_reason reason, const actor& by) {
  return state_->whole([&]() -> outcome<certificate> {
    PG_TRY(auto one, state_->existing(id));
    if (one.state == certificate_state::revoked) return std::unexpected(against("the certificate is revoked already"));
    one.state = certificate_state::revoked;
    one.reason = reason;
    one.at = by.at;
    PG_TRY_VOID(
        state_->write(one, std::format("certificate {} revoked: {}", one.given.id.serial, name_of(reason)), by));
    return one;
  });
}

outcome<std::vector<certificate>> registry::certificates(const certificate_selection& which) {
  return state_->certificates.list(which);
}

// The audit, and what the shard is told

outcome<std::vector<audit_row>> registry::audit(std::string_view of, std::size_t limit) {
  return state_->audit.newest(of, limit);
}

outcome<> registry::note_refusal(std::string_view what, std::string_view of, const actor& by) {
  return state_->whole([&]() -> outcome<> {
    PG_TRY_VOID(state_->audit.add(what, of, by, true));
    return {};
  });
}

outcome<> registry::note_seen(std::span<const std::pair<std::string, timestamp>> all) {
  return state_->whole([&]() -> outcome<> {
    for (const auto& [name, at] : all) PG_TRY_VOID(state_->things.see(name, at));
    return {};
  });
}

outcome<changes> registry::snapshot() {
  changes out;
  PG_TRY_VOID(state_->things.add_all_to(out));
  PG_TRY_VOID(state_->certificates.add_all_to(out));
  return out;
}

changes registry::take_changes() { return std::exchange(state_->made, {}); }

}  // namespace perigee::control::registry

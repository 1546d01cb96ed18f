#include "control/registry/registry.hpp"

#include <algorithm>
#include <format>

#include "base/identity_limits.hpp"
#include "control/registry/detail/schema.hpp"
#include "control/registry/detail/state.hpp"

namespace perigee::control::registry {
namespace {

/// The file's fault, not the request's.
bool is_failure(const refusal& r) { return is(r, errc::io) || is(r, errc::no_space) || is(r, errc::corrupt); }

}  // namespace

registry::registry(std::unique_ptr<state> made) : state_(std::move(made)) {}
registry::~registry() = default;

result<std::unique_ptr<registry>> registry::open(const std::string& file) {
  PG_TRY(auto db, detail::open_database(file));
  PG_TRY(auto things, detail::thing_table::prepare(db));
  PG_TRY(auto tokens, detail::token_table::prepare(db));
  PG_TRY(auto certificates, detail::certificate_table::prepare(db));
  PG_TRY(auto audit, detail::audit_table::prepare(db));
  PG_TRY(auto applications, detail::application_table::prepare(db));
  PG_TRY(auto provisioning, detail::provisioning_table::prepare(db));
  PG_TRY(auto reports, detail::report_table::prepare(db));
  auto made =
      std::make_unique<state>(std::move(db), std::move(things), std::move(tokens), std::move(certificates),
                              std::move(audit), std::move(applications), std::move(provisioning), std::move(reports));
  return std::unique_ptr<registry>(new registry(std::move(made)));  // tidy: new — the constructor is private
}

// Things

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

#include "node/things.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "doors/mqtt/broker.hpp"
#include "io/timer.hpp"
#include "node/fleet.hpp"

namespace perigee::node {

using namespace std::chrono_literals;
namespace registry = control::registry;
using doors::mqtt::moment;
using registry::verdict;
using wire::mqtt::reason;

namespace {

constexpr std::string_view place_name = "node.things";
constexpr std::string_view file_name = "/registry.db";
constexpr auto looked_after_every = 60s;
constexpr std::size_t noted_max = 1024;  // names whose refusals are held back for a minute

reason code_of(verdict v) {
  switch (v) {
    case verdict::welcome:
    case verdict::welcome_first: return reason::success;
    case verdict::suspended:
    case verdict::retired: return reason::banned;
    case verdict::unknown_thing:
    case verdict::revoked:
    case verdict::pending:
    case verdict::superseded:
    case verdict::not_its_own: break;
  }
  return reason::not_authorized;
}

/// A name without a port, as the audit has it.
std::string host_of(std::string_view address) { return std::string(address.substr(0, address.rfind(':'))); }

/// Whether a list of revocations will have another content, by what stood before.
bool changes_lists(const registry::change& made, const registry::standing& before) {
  if (const auto* one = std::get_if<registry::certificate_stands>(&made)) {
    return one->state == registry::certificate_state::revoked;
  }
  const auto* thing = std::get_if<registry::thing_stands>(&made);
  return thing != nullptr && (thing->now == registry::lifecycle::suspended) != before.is_suspended(thing->name);
}

/// Somebody who was welcome may not be any more.
bool sends_away(const registry::change& made) {
  using namespace registry;
  if (const auto* thing = std::get_if<thing_stands>(&made)) {
    return thing->now == lifecycle::suspended || thing->now == lifecycle::retired;
  }
  if (const auto* one = std::get_if<certificate_stands>(&made)) return one->state != certificate_state::current;
  return std::holds_alternative<thing_gone>(made);
}

}  // namespace

result<std::unique_ptr<things>> things::open(io::shard& on, io::disk& disk, const std::string& folder,
                                             metrics::registry& metrics) {
  PG_TRY_VOID(disk.make_folder(folder));
  const auto file = folder + std::string(file_name);
  // SQLite would let everybody read a new file; one that is there it takes as it is.
  PG_TRY_VOID(disk.open(file, io::open_mode::create));
  PG_TRY(auto held, registry::registry::open(file));
  auto all = held->snapshot();
  if (!all) return std::unexpected(error{all.error().code, all.error().what});
  // tidy: new — the constructor is private
  return std::unique_ptr<things>(new things(on, std::move(held), std::move(*all), metrics));
}

things::things(io::shard& on, std::unique_ptr<registry::registry> held, registry::changes all,
               metrics::registry& metrics)
    : on_(on),
      registry_(std::move(held)),
      refused_(
          metrics.make_counter("perigee_things_refused_total", "Connections that the registry of things refused.")),
      known_(metrics.make_gauge("perigee_things", "Things that the registry knows.")),
      worker_(on.make_worker("registry")) {
  apply(all);
  log::info(place_name, "{} things and {} certificates are known", standing_.things(), standing_.certificates());
}

things::~things() = default;

void things::serve(doors::mqtt::broker& broker) {
  broker_ = &broker;
  broker.set_standing(*this);
}

void things::judge_by(chain_rules& rules) {
  rules_ = &rules;
  rules.ask(
      [this](std::string_view issuer, std::string_view serial) { return standing_.is_revoked({issuer, serial}); });
  rules.on_refusal([this](std::string_view name, std::string_view from, const char* why) {
    refused(name, from, why, {clock::now(), clock::wall()});
  });
}

void things::apply(const registry::changes& made) {
  const bool lists_change =
      std::ranges::any_of(made, [this](const auto& one) { return changes_lists(one, standing_); });
  standing_.apply(made);
  changes_ += made.size();
  known_.set(static_cast<double>(standing_.things()));
  if (broker_ != nullptr && std::ranges::any_of(made, sends_away)) {
    broker_->review_standing({clock::now(), clock::wall()});
  }
  if (told_ && lists_change) told_();
}

api::certificate_of things::whose(const io::peer_info& peer) const {
  const auto certificate = peer.certificate ? *peer.certificate : io::peer_certificate{};
  const registry::shown_certificate shown{certificate.issuer, certificate.serial};
  if (standing_.claim_of(shown) != nullptr) return api::certificate_of::nobody;
  const auto v = standing_.of(name_of(peer.identity, certificate), shown, clock::wall());
  if (registry::is_welcome(v)) return api::certificate_of::thing;
  const bool may_be_a_person = v == verdict::unknown_thing && !standing_.is_revoked(shown);
  return may_be_a_person ? api::certificate_of::person : api::certificate_of::nobody;
}

doors::mqtt::standing_port::answer things::of(std::string_view name, const io::peer_certificate& shown,
                                              moment now) const {
  auto v = standing_.of(name, {shown.issuer, shown.serial}, now.wall);
  if (registry::is_welcome(v) && rules_ != nullptr && rules_->is_revoked(shown.issuer, shown.serial))
    v = verdict::revoked;
  return {code_of(v), registry::is_welcome(v) ? "" : registry::sentence_of(v)};
}

std::string things::name_of(std::string name, const io::peer_certificate& shown) const {
  const auto* known = standing_.known_as({shown.issuer, shown.serial});
  return known == nullptr ? std::move(name) : *known;
}

std::unique_ptr<doors::mqtt::rights> things::only_rights_of(const io::peer_certificate& shown) const {
  const auto* claimed = standing_.claim_of({shown.issuer, shown.serial});
  return claimed == nullptr ? nullptr : rights_of_claim(*claimed);
}

/// One row a minute of each: who tries again and again neither fills the disk nor washes others away.
void things::refused(std::string_view name, std::string_view address, const char* why, moment now) {
  refused_.add();
  std::erase_if(noted_, [&](const auto& one) { return one.second <= now.mono; });
  if (noted_.size() >= noted_max || !noted_.emplace(name, now.mono + 1min).second) return;
  note_refusal(std::string(name), host_of(address), why, now.wall);
}

void things::note_refusal(std::string name, std::string address, std::string why, timestamp at) {
  submit<void>(
      [name, address, why = std::move(why), at](registry::registry& in) {
        return in.note_refusal("connection", name, {.who = name, .from = address, .why = why, .at = at});
      },
      [name](result<registry::outcome<>> done) {
        if (done && !*done) log::warn(place_name, "the audit has no row for '{}': {}", name, done->error().what);
      });
}

void things::connected(std::string_view name, const io::peer_certificate& shown, std::string_view address, moment now) {
  if (standing_.of(name, {shown.issuer, shown.serial}, now.wall) != verdict::welcome_first) {
    seen_.insert_or_assign(std::string(name), now.wall);
    return;
  }
  const registry::new_certificate made{.id = {shown.issuer, shown.serial},
                                       .name = std::string(name),
                                       .not_before = shown.not_before,
                                       .not_after = shown.not_after,
                                       .fingerprint = shown.fingerprint,
                                       .issued_by = "seen at a connection"};
  const registry::actor by{
      .who = std::string(name), .from = host_of(address), .why = "its first connection", .at = now.wall};
  submit<registry::thing>([made, by](registry::registry& in) { return in.connected(made, by); },
                          [name = by.who](const result<registry::outcome<registry::thing>>& done) {
                            if (done && !*done) {
                              log::warn(place_name, "'{}' is connected, and not noted as active: {} {}", name,
                                        done->error().what, done->error().detail);
                            }
                          });
}

void things::write_seen() {
  if (seen_.empty()) return;
  std::vector<std::pair<std::string, timestamp>> all(seen_.begin(), seen_.end());
  seen_.clear();
  submit<void>([all = std::move(all)](registry::registry& in) { return in.note_seen(all); },
               [](const result<registry::outcome<>>& done) {
                 if (done && !*done)
                   log::warn(place_name, "when things were seen is not written: {}", done->error().what);
               });
}

void things::end_provisioning() {
  submit<std::size_t>(
      [](registry::registry& in) {
        return in.end_provisioning({.who = "registry", .from = "", .why = "its hour is over", .at = clock::wall()});
      },
      [](const result<registry::outcome<std::size_t>>& done) {
        if (done && !*done) log::warn(place_name, "provisioning is not ended in time: {}", done->error().what);
      });
}

io::task<> things::run() {
  for (;;) {
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, looked_after_every));
    write_seen();
    end_provisioning();
    broker_->review_standing({clock::now(), clock::wall()});
  }
}

}  // namespace perigee::node

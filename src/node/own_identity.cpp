#include "node/own_identity.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <format>

#include "api/awaited.hpp"
#include "base/log.hpp"
#include "io/timer.hpp"
#include "io/verification_time.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto look_every = 5s;
constexpr std::string_view root = "/api/v1/identity";

json::object to_json(const known_certificate& one) {
  return {{"role", name_of(one.role)},
          {"file", one.file},
          {"subject", one.subject},
          {"not_before", to_iso8601(one.not_before)},
          {"not_after", to_iso8601(one.not_after)}};
}

json::value to_json(const rotation* one) {
  if (one == nullptr) return {};
  const auto& now = one->now();
  return json::object{{"name", now.name},
                      {"due", now.due.ns == 0 ? json::value() : json::value(to_iso8601(now.due))},
                      {"failing", now.failing.empty() ? json::value() : json::value(now.failing)}};
}

/// Whether this node is a gateway that can renew its authority by itself.
bool has_gateway_file(const config& chosen, const rotation::means& by) {
  const bool is_gateway = by.own && !by.own->now->issuing.gateway().empty() && chosen.identity->renew->parent;
  return is_gateway && by.disk.open(identity_folder(chosen) + "/" + std::string(gateway_file), io::open_mode::read);
}

bool is_failing(const std::unique_ptr<rotation>& one) { return one && !one->now().failing.empty(); }

}  // namespace

result<std::unique_ptr<own_identity>> own_identity::open(const config& chosen, means by) {
  const bool by_itself = chosen.identity && chosen.identity->renew && !chosen.identity->renew->parent;
  if (by_itself && !by.to_rotate.own) {
    log::fault("node.identity", "renew = \"self\" needs issuing.crt and issuing.key in {}", identity_folder(chosen));
    return fail(errc::refused, "there is no issuing authority to renew the certificate by");
  }
  // tidy: new — the constructor is private
  return std::unique_ptr<own_identity>(new own_identity(chosen, std::move(by)));
}

own_identity::own_identity(const config& chosen, means by)
    : chosen_(chosen),
      on_(by.to_rotate.on),
      disk_(by.to_rotate.disk),
      worker_(by.to_rotate.by),
      time_(chosen, {by.to_rotate.on, by.to_rotate.through, by.to_rotate.disk}),
      expiry_(chosen.node_id, by.log, by.to_rotate.metrics, by.alarms),
      site_(by.to_rotate.own) {
  if (!chosen.identity || !chosen.identity->renew) return;
  if (has_gateway_file(chosen, by.to_rotate))
    authority_ = std::make_unique<rotation>(chosen, renewed::authority, by.to_rotate);
  rotation_ = std::make_unique<rotation>(chosen, renewed::identity, std::move(by.to_rotate));
}

void own_identity::start(io::scope& services) {
  if (chosen_.tls) services.spawn("node.time", time_.run());
  if (chosen_.tls) services.spawn("node.time", save_hourly());
  if (rotation_) services.spawn("node.rotation", rotation_->run());
  if (authority_) services.spawn("node.rotation", authority_->run());
  if (chosen_.tls || chosen_.identity) services.spawn("node.expiry", watch());
}

/// Looks at the files again and again: somebody, or the node, may have put others there.
io::task<> own_identity::watch() {
  struct looked {
    std::vector<known_certificate> known;
    result<std::shared_ptr<const site_authority>> site;
  };
  // Copies, for the worker may come to its end when this is gone.
  const auto shared = std::make_shared<const config>(chosen_);
  for (;;) {
    PG_CO_TRY(auto seen, co_await api::ask<looked>(on_, [this, shared](auto done) {
                auto found = std::make_shared<looked>();
                worker_.submit(
                    [found, shared, &disk = disk_, issues = site_ != nullptr] {
                      found->known = known_certificates(*shared, disk);
                      if (issues) found->site = site_authority::open(disk, identity_folder(*shared), *shared->identity);
                    },
                    [found, done = std::move(done)] { done(std::move(*found)); });
              }));
    known_ = std::move(seen.known);
    if (seen.site && *seen.site) take_site(*std::move(seen.site));
    expiry_.look(known_, is_failing(rotation_) || is_failing(authority_), io::verification_time());
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, look_every));
  }
}

io::task<> own_identity::save_hourly() {
  for (;;) {
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, 1h));
    save();
  }
}

void own_identity::save() {
  const auto own = std::ranges::find(known_, certificate_role::own, &known_certificate::role);
  if (own != known_.end()) time_.save({own->not_before, own->not_after});
}

/// Files that do not fit together are on their way: those of before stay until they do.
void own_identity::take_site(std::shared_ptr<const site_authority> read) {
  const auto& now = *site_->now;
  const bool same = read->issuing.own() == now.issuing.own() && std::ranges::equal(read->roots, now.roots) &&
                    std::ranges::equal(read->issuing.shown(), now.issuing.shown());
  if (same) return;
  log::info("node.identity", "certificates are issued by {} ({}) from now on; the site has {} roots",
            read->issuing.own().facts().subject, read->issuing.own().facts().serial, read->roots.size());
  site_->now = std::move(read);
}

api::routes own_identity::routes(const things* known, const run_info& running) {
  auto out = identity_routes(known, running);
  out.push_back({"GET",
                 std::string(root),
                 api::at_once([this](const auto&) { return state(); }),
                 api::access::known_peer,
                 {"The node's certificates, when they end, and how its own is renewed", {}, "{*:any}"}});
  if (!rotation_) return out;
  out.push_back({"POST",
                 std::format("{}/renew", root),
                 api::at_once([this](const auto&) { return renew_now(); }),
                 api::access::operators,
                 {"Renew the node's certificates now: its own, and a gateway's authority", {}, "text/plain", 202}});
  return out;
}

api::answer own_identity::state() const {
  json::array all;
  for (const auto& each : known_) all.push_back(to_json(each));
  const auto behind = std::chrono::duration<double>(timekeeper::behind()).count();
  const json::object body{{"certificates", std::move(all)},
                          {"clock", json::object{{"behind_s", behind},
                                                 {"known_from", time_.source()},
                                                 {"checked_at", to_iso8601(io::verification_time())}}},
                          {"root", site_ ? json::value(site_->now->roots.front().facts().fingerprint) : json::value()},
                          {"renewal", to_json(rotation_.get())},
                          {"authority_renewal", to_json(authority_.get())}};
  return {200, "application/json", json::serialize(body) + "\n"};
}

api::answer own_identity::renew_now() {
  rotation_->renew_now();
  if (authority_) authority_->renew_now();
  return {.status = 202, .type = "text/plain", .body = "it is renewed now\n"};
}

}  // namespace perigee::node

#include "node/site_identity.hpp"

#include <algorithm>
#include <iterator>

#include "node/revocation_routes.hpp"
#include "node/stapling.hpp"

namespace perigee::node {
namespace {

constexpr std::string_view revoked = "revoked";  // the subject of lists on their way down

}  // namespace

site_identity::site_identity(ground on)
    : on_(on), rules_(on.chosen.identity && on.chosen.identity->strict, on.metrics) {}

result<> site_identity::open(const surroundings& in) {
  if (on_.chosen.tls && on_.chosen.tls->authority) PG_TRY_VOID(open_revocations(in));
  if (!on_.chosen.identity) return {};
  PG_TRY(registrar_, registrar::open({on_.shard, on_.disk, on_.metrics, in.broker, in.topics, in.log,
                                      on_.chosen.uplink.has_value(), in.services},
                                     *on_.chosen.identity, identity_folder(on_.chosen)));
  registrar_->things().judge_by(rules_);
  if (revocations_ && authority()) revocations_->publish(registrar_->things(), authority());
  return {};
}

result<> site_identity::open_revocations(const surroundings& in) {
  const auto folder = identity_folder(on_.chosen);
  PG_TRY_VOID(on_.disk.make_folder(folder));
  PG_TRY(revocations_, revocations::open({on_.shard, on_.disk, on_.worker, rules_, on_.metrics, folder + "/revoked"}));
  revocations_->serve(in.broker);
  revocations_->send_by(
      [&below = in.children](std::string_view child, byte_view list) { below.send(child, revoked, list); });
  in.children.on_introduction([this](std::string_view child) { revocations_->tell(child); });
  in.broker.set_standing(*revocations_);
  return {};
}

void site_identity::hear(std::string_view topic, byte_view payload) {
  if (revocations_ && topic.substr(topic.rfind('/') + 1) == revoked) revocations_->hear(payload);
}

api::certificate_of site_identity::whose(const io::peer_info& peer) const {
  if (registrar_) return registrar_->things().whose(peer);
  const bool taken_back = revocations_ && !revocations_->counts(peer);
  return taken_back ? api::certificate_of::nobody : api::certificate_of::thing;
}

api::routes site_identity::routes() {
  api::routes out;
  const auto add = [&](api::routes more) { std::ranges::move(more, std::back_inserter(out)); };
  if (revocations_) add(revocation_routes(*revocations_));
  if (registrar_) add(registrar_->routes());
  if (authority()) add(ocsp_routes(registrar_->things(), authority()));
  return out;
}

void site_identity::start(io::scope& services, certificates& shown) {
  if (registrar_) registrar_->start(services);
  if (revocations_) services.spawn("node.revocations", revocations_->run());
  if (!authority() || !on_.chosen.tls) return;
  services.spawn("node.tls",
                 keep_stapled(on_.shard, on_.disk, shown, rules_, authority(), on_.chosen.tls->certificate));
}

void site_identity::measure() {
  if (revocations_) revocations_->measure();
}

}  // namespace perigee::node

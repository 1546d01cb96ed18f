#include "node/identity_routes.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "node/things.hpp"

namespace perigee::node {
namespace {

api::answer refuse() {
  return api::problem({.status = 401,
                       .title = "This certificate does not count here.",
                       .type = "/problems/no-session",
                       .right = "a client certificate of this site's authority, of a thing that may connect"});
}

}  // namespace

api::routes identity_routes(const things* known, const run_info& running) {
  const auto tell = [known, &running](const api::request& asked) {
    if (!asked.certificate) return refuse();
    const io::peer_info peer{.address = {}, .identity = asked.certificate_name, .certificate = asked.certificate};
    if (known != nullptr && known->whose(peer) != api::certificate_of::thing) return refuse();
    boost::json::object out{{"name", asked.certificate_name},
                            {"issuer", asked.certificate->issuer},
                            {"serial", asked.certificate->serial},
                            {"not_after", to_iso8601(asked.certificate->not_after)}};
    const auto listener = std::ranges::find(running.mqtt, "tls", &run_info::listener::transport);
    if (listener != running.mqtt.end()) out["mqtts"] = listener->port;
    return api::answer{.status = 200, .type = "application/json", .body = boost::json::serialize(out) + "\n"};
  };
  return {{"GET", "/.well-known/perigee/identity", api::at_once(tell), api::access::anybody}};
}

}  // namespace perigee::node

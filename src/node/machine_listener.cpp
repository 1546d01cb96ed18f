#include "node/machine_listener.hpp"

#include <algorithm>
#include <iterator>

#include "base/log.hpp"

namespace perigee::node {
namespace {

constexpr std::string_view beginnings[] = {"/.well-known/", "/crl/", "/ocsp"};

}  // namespace

api::routes for_machines(const api::routes& all) {
  api::routes out;
  std::ranges::copy_if(all, std::back_inserter(out), [](const api::route& each) {
    return std::ranges::any_of(beginnings, [&](auto begins) { return each.pattern.starts_with(begins); });
  });
  return out;
}

result<std::unique_ptr<api::server>> listen_for_machines(const ground& on, const config& chosen,
                                                         const certificates& shown, const api::routes& all,
                                                         api::server_options how, metrics::registry& metrics) {
  if (!chosen.identity || !chosen.identity->port) return nullptr;
  const auto& at = *chosen.identity;
  auto acceptor = on.network.listen({.host = at.address, .port = *at.port, .tls = shown.api()});
  if (!acceptor) {
    log::fault("node.identity", "{}:{} cannot be listened on: {}", at.address, *at.port, acceptor.error().text());
    return std::unexpected(acceptor.error());
  }
  how.secure = true;
  return std::make_unique<api::server>(on.shard, std::move(*acceptor), for_machines(all), std::move(how), metrics);
}

}  // namespace perigee::node

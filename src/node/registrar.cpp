#include "node/registrar.hpp"

#include <algorithm>
#include <iterator>

#include "node/provisioning_routes.hpp"
#include "node/things_routes.hpp"

namespace perigee::node {

result<std::unique_ptr<registrar>> registrar::open(const surroundings& on, const identity_config& chosen,
                                                   const std::string& folder) {
  auto made = std::unique_ptr<registrar>(new registrar(chosen));  // tidy: new — the constructor is private
  PG_TRY(made->things_, node::things::open(on.shard, on.disk, folder, on.metrics));
  made->things_->serve(on.broker);
  PG_TRY(auto site, site_authority::open(on.disk, folder, chosen));
  if (site) made->authority_ = std::make_shared<issuing_site>(std::move(site));
  PG_TRY(made->verifier_, open_verifier(on.disk, chosen.attestation));
  if (made->authority_) {
    made->fleet_ = std::make_unique<node::fleet>(*made->things_, made->authority_, on.broker, on.services);
    on.topics.add(*made->fleet_);
  }
  if (on.has_parent && made->authority_ && !made->authority_->now->issuing.gateway().empty()) {
    made->things_->report_changes();
    made->writer_ = std::make_unique<report_writer>(on.shard, on.log, *made->things_);
  }
  PG_TRY(made->reader_, report_reader::open(on.shard, on.log, *made->things_));
  return made;
}

void registrar::start(io::scope& services) {
  services.spawn("node.things", things_->run());
  services.spawn("node.gateway", reader_->run());
  if (writer_) services.spawn("node.gateway", writer_->run());
}

api::routes registrar::routes() {
  auto out = things_routes(*things_, authority_, verifier_, chosen_);
  if (authority_) std::ranges::move(provisioning_routes(*things_, authority_), std::back_inserter(out));
  return out;
}

}  // namespace perigee::node

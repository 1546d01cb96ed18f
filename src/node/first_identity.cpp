#include "node/first_identity.hpp"

#include <algorithm>
#include <format>

#include "base/identity_limits.hpp"
#include "base/log.hpp"
#include "identity/certificate.hpp"
#include "node/quantity.hpp"
#include "node/timekeeper.hpp"

namespace perigee::node {
namespace {

namespace enrolment = control::enrolment;

constexpr std::string_view place_name = "node.identity";

identity::certificate_order own_order(const config& chosen) {
  identity::certificate_order out{.as = identity::profile::node, .name = chosen.node_id};
  out.dns_names = {"localhost"};
  out.addresses = {"127.0.0.1", "::1"};
  for (const auto& each : chosen.identity->names) {
    (is_address(each) ? out.addresses : out.dns_names).push_back(each);
  }
  return out;
}

result<> found_site(io::disk& on, const config& chosen) {
  PG_TRY(const auto site, site_of(identity_folder(chosen), *chosen.identity));
  PG_TRY_VOID(enrolment::make_authorities(on, site, clock::wall()));
  const auto own = first_certificate_file(chosen);
  if (!chosen.tls || chosen.tls->certificate != own) return {};
  return enrolment::make_own_certificate(on, site, own_order(chosen), own, clock::wall());
}

}  // namespace

result<enrolment::site_order> site_of(const std::string& folder, const identity_config& chosen) {
  enrolment::site_order out{.folder = folder, .site = chosen.site};
  if (chosen.passphrase) {
    PG_TRY(out.passphrase, chosen.passphrase->read());
    out.passphrase.resize(std::min(out.passphrase.find_first_of("\r\n"), out.passphrase.size()));
  }
  if (chosen.issuing_key) out.issuing_token = chosen.issuing_key->name;
  return out;
}

result<> make_first_identity(io::disk& on, const config& chosen) {
  if (!chosen.identity || chosen.identity->site.empty()) return {};
  const auto folder = identity_folder(chosen);
  const bool is_new = !on.open(folder + "/issuing.crt", io::open_mode::read);
  if (is_new && clock::wall() < build_time()) {
    log::fault(place_name, "the machine's clock says {}: set it, then the authorities of '{}' are made",
               to_iso8601(clock::wall()), chosen.identity->site);
    return fail(errc::refused, "the machine's clock stands in the past");
  }
  if (const auto done = found_site(on, chosen); !done) {
    log::fault(place_name, "the authorities of '{}' in {}: {}", chosen.identity->site, folder, done.error().text());
    return done;
  }
  if (!is_new) return {};
  PG_TRY(const auto pem, io::read_whole(on, folder + "/root.crt", limits::identity_pem_bytes_max));
  PG_TRY(const auto root, identity::first_certificate(pem));
  log::info(place_name, "made the authorities of '{}' in {}, root SHA-256 {}; keep root.key away from this machine",
            chosen.identity->site, folder, root.facts().fingerprint);
  return {};
}

}  // namespace perigee::node

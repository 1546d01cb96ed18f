#include "node/stapling.hpp"

#include "base/limits.hpp"
#include "base/log.hpp"
#include "identity/ocsp.hpp"
#include "io/timer.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;

constexpr auto made_every = 60s;  // as long as a listener may show a new certificate without one
constexpr auto good_for = 12h;    // for clients that keep it

result<byte_buffer> make(io::disk& disk, const std::string& file, const site_authority& by, const chain_rules& rules) {
  using state = identity::certificate_status::state;
  PG_TRY(const auto pem, io::read_whole(disk, file, limits::tls_file_bytes_max));
  PG_TRY(const auto own, identity::first_certificate(pem));
  const auto now = clock::wall();
  const bool revoked = rules.is_revoked(own.facts().authority_key_id, own.facts().serial);
  const identity::certificate_status status{revoked ? state::revoked : state::good, now};
  return identity::staple_for(own, by.issuing, status, {now, now + good_for});
}

}  // namespace

io::task<> keep_stapled(io::shard& on, io::disk& disk, certificates& of, const chain_rules& rules,
                        std::shared_ptr<const issuing_site> by, std::string file) {
  for (;;) {
    auto made = make(disk, file, *by->now, rules);
    if (made) {
      of.staple(std::make_shared<const byte_buffer>(*std::move(made)));
    } else if (!is(made.error(), errc::not_found)) {
      log::warn("node.tls", "nothing is stapled to {}: {}", file, made.error().text());
    }
    PG_CO_TRY_VOID(co_await io::sleep_for(on, made_every));
  }
}

}  // namespace perigee::node

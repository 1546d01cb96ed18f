#include "node/enrolment_routes.hpp"

#include <algorithm>
#include <format>

#include "access/slow_down.hpp"
#include "base/identity_limits.hpp"
#include "base/log.hpp"
#include "base/printable.hpp"
#include "control/enrolment/est.hpp"
#include "identity/refusal.hpp"
#include "node/enrolment_book.hpp"
#include "node/first_identity.hpp"

namespace perigee::node {
namespace {

namespace enrolment = control::enrolment;
namespace registry = control::registry;
using api::answer;
using api::request;
using enrolment::denial;
using identity::profile;
using authority_ptr = std::shared_ptr<const issuing_site>;

/// Who waits for an operator, who is a person.
constexpr std::string_view asked_again_after_s = "60";

enrolment::chain authorities_of(const site_authority& by) {
  enrolment::chain out(by.issuing.shown().begin(), by.issuing.shown().end());
  out.insert(out.end(), by.roots.begin(), by.roots.end());
  std::ranges::copy_if(by.vouching, std::back_inserter(out),
                       [&](const auto& c) { return !std::ranges::contains(out, c); });
  return out;
}

/// Where devices and nodes are enrolled: shared by the routes, on the API's shard.
struct desk {
  things& of;
  authority_ptr by;
  enrolment_terms terms;
  access::slow_down guessing{};
};
using desk_ptr = std::shared_ptr<desk>;

/// What the enroller is asked on the registry's worker.
using given = std::expected<enrolment::chain, denial>;
using question = std::move_only_function<given(enrolment::enroller&)>;

io::task<given> ask(desk_ptr at, question what) {
  things::work<given> work = [by = at->by->now, approved = at->terms.needs_approval,
                              what = std::move(what)](registry::registry& in) mutable -> registry::outcome<given> {
    enrolment_book book(in, superseded_grace, approved);
    enrolment::enroller enroller(by->issuing, book);
    return registry::outcome<given>(std::in_place, what(enroller));
  };
  PG_CO_TRY(auto asked, co_await at->of.ask<given>(std::move(work)));
  if (!asked) co_return given(std::unexpected(denial{denial::kind::failed, asked.error().what}));
  co_return *std::move(asked);
}

answer hand_out(const std::string& name, const given& got) {
  if (got) {
    log::info("node.enrolment", "{} has a certificate until {}", name, to_iso8601(got->front().facts().not_after));
    return certificates_answer(*got);
  }
  log::warn("node.enrolment", "{} gets no certificate: {}", printable(name), got.error().why);
  return denial_answer(got.error());
}

io::task<answer> enrol(desk_ptr at, profile wanted, request asked) {
  const auto shown = enrolment::read_basic(asked.authorization);
  if (!shown) co_return denial_answer({denial::kind::unknown, "show your name and a token by Basic authentication"});
  const enrolment::applicant who{shown->user, asked.who.address};
  if (at->guessing.must_wait(who.address, clock::now())) co_return unheard_answer();
  question what = [who, wanted, body = std::move(asked.body), token = shown->password](auto& from) -> given {
    const auto wish = enrolment::read_request(body);
    if (!wish) return std::unexpected(from.refuse(who, wish.error(), clock::wall()));
    return from.enrol(who, token, wanted, *wish, clock::wall());
  };
  PG_CO_TRY(const auto got, co_await ask(at, std::move(what)));
  if (got) {
    at->guessing.succeeded(who.address);
  } else if (got.error().is != denial::kind::waiting && got.error().is != denial::kind::failed) {
    at->guessing.failed(who.address, clock::now());
  }
  co_return hand_out(who.name, got);
}

io::task<answer> renew(desk_ptr at, profile wanted, request asked) {
  if (!asked.certificate)
    co_return denial_answer({denial::kind::forbidden, "show the certificate that is to be renewed"});
  const auto& shown = *asked.certificate;
  const bool lapsed = !shown.lapsed_owner.empty();
  const auto name = at->of.name_of(lapsed ? shown.lapsed_owner : asked.certificate_name, shown);
  const enrolment::applicant who{name, asked.who.address};
  const enrolment::shown_certificate with{shown.issuer, shown.serial};
  const bool too_late = lapsed && clock::wall() >= shown.not_after + at->terms.renewal_grace;
  question what = [who, with, wanted, too_late, body = std::move(asked.body)](auto& from) -> given {
    if (too_late)
      return std::unexpected(from.refuse(who, identity::refuse(identity::refusal::expired).error(), clock::wall()));
    const auto wish = enrolment::read_request(body);
    if (!wish) return std::unexpected(from.refuse(who, wish.error(), clock::wall()));
    return from.renew(who, with, wanted, *wish, clock::wall());
  };
  PG_CO_TRY(const auto got, co_await ask(at, std::move(what)));
  co_return hand_out(who.name, got);
}

/// A site's two files, or a gateway's one, which it renews itself; nothing where there are neither.
result<std::optional<identity::authority>> read_issuing(io::disk& on, const std::string& folder,
                                                        const identity_config& chosen) {
  PG_TRY(const auto site, site_of(folder, chosen));
  auto issuing = control::enrolment::read_authority(on, folder, "issuing", site.issuing_key());
  if (issuing || !is(issuing.error(), errc::not_found)) return issuing;
  const auto both = io::read_whole(on, folder + "/" + std::string(gateway_file), limits::identity_pem_bytes_max);
  if (!both && is(both.error(), errc::not_found)) return std::nullopt;
  if (!both) return std::unexpected(both.error());
  PG_TRY(auto held, identity::parse_held(as_text(*both)));
  return identity::authority::open(std::move(held.chain), std::move(held.key));
}

}  // namespace

answer unheard_answer() {
  auto out =
      api::problem({.status = 429, .title = "It failed too often; wait a minute.", .type = "/problems/too-often"});
  out.headers.emplace_back("Retry-After", "60");
  return out;
}

answer denial_answer(const denial& why) {
  switch (why.is) {
    case denial::kind::unknown: {
      auto out = api::problem({.status = 401, .title = why.why, .type = "/problems/no-session"});
      out.headers.emplace_back("WWW-Authenticate", "Basic realm=\"enrolment\"");  // RFC 7030 3.2.3
      return out;
    }
    case denial::kind::forbidden: return api::problem({.status = 403, .title = "This may not be.", .detail = why.why});
    case denial::kind::malformed:
      return api::problem({.status = 400,
                           .title = "The request for a certificate is not taken.",
                           .detail = why.why,
                           .right = "PKCS #10 in base64, signed with its own key, for the name of who asks"});
    case denial::kind::waiting: {
      answer out{.status = 202, .type = "text/plain", .body = why.why + "\n"};
      out.headers.emplace_back("Retry-After", std::string(asked_again_after_s));  // RFC 7030 4.2.3
      return out;
    }
    case denial::kind::failed: break;
  }
  auto out = api::problem(503, "No certificate can be made now.");
  out.headers.emplace_back("Retry-After", "10");  // RFC 7030 4.2.3
  return out;
}

answer certificates_answer(std::span<const identity::certificate> all) {
  auto body = enrolment::bundle_body(all);
  if (!body) return api::problem(503, "No certificate can be made now.");
  answer out{.status = 200, .type = enrolment::bundle_type, .body = *std::move(body)};
  out.headers.emplace_back("Content-Transfer-Encoding", "base64");  // RFC 7030 4.1.3; RFC 8951 3 makes nothing of it
  return out;
}

result<std::shared_ptr<const site_authority>> site_authority::open(io::disk& on, const std::string& folder,
                                                                   const identity_config& chosen) {
  PG_TRY(auto by, read_issuing(on, folder, chosen));
  if (!by) return nullptr;
  PG_TRY(const auto root_pem, io::read_whole(on, folder + "/root.crt", limits::identity_pem_bytes_max));
  PG_TRY(auto roots, identity::all_certificates(root_pem));
  std::vector<identity::certificate> vouching;
  if (const auto pem = io::read_whole(on, folder + "/vouching.crt", limits::identity_pem_bytes_max)) {
    PG_TRY(vouching, identity::all_certificates(*pem));
  }
  return std::make_shared<const site_authority>(*std::move(by), std::move(roots), std::move(vouching));
}

api::routes enrolment_routes(things& of, authority_ptr by, enrolment_terms terms) {
  const auto at = std::make_shared<desk>(of, by, terms);
  const auto everybody = api::access::anybody;
  api::routes out;
  const auto serve = [&](std::string label, profile wanted) {
    const auto path = "/.well-known/est" + label;
    out.push_back({"GET", path + "/cacerts",
                   api::at_once([by](const auto&) { return certificates_answer(authorities_of(*by->now)); }),
                   everybody});
    out.push_back({"GET", path + "/csrattrs", api::at_once([](const auto&) {
                     return answer{
                         .status = 200, .type = enrolment::attributes_type, .body = enrolment::attributes_body()};
                   }),
                   everybody});
    out.push_back({"POST", path + "/simpleenroll",
                   [at, wanted](request asked) { return enrol(at, wanted, std::move(asked)); }, everybody});
    out.push_back({"POST", path + "/simplereenroll",
                   [at, wanted](request asked) { return renew(at, wanted, std::move(asked)); }, everybody});
  };
  serve("", profile::device);
  serve("/node", profile::node);
  serve("/gateway", profile::gateway);
  return out;
}

}  // namespace perigee::node

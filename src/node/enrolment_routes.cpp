#include "node/enrolment_routes.hpp"

#include <format>

#include "base/identity_limits.hpp"
#include "base/log.hpp"
#include "control/enrolment/est.hpp"
#include "identity/refusal.hpp"
#include "node/enrolment_book.hpp"

namespace perigee::node {
namespace {

namespace enrolment = control::enrolment;
namespace registry = control::registry;
using api::answer;
using api::request;
using enrolment::denial;
using identity::profile;
using authority_ptr = std::shared_ptr<const site_authority>;

/// How long a renewed certificate is still taken: a device may not have got the new one.
constexpr nanoseconds grace = std::chrono::days(7);

answer refusal_of(const denial& why) {
  switch (why.is) {
    case denial::kind::unknown: {
      auto out = api::problem({.status = 401, .title = why.why, .type = "/problems/no-session"});
      out.headers.emplace_back("WWW-Authenticate", "Basic realm=\"enrolment\"");  // RFC 7030 3.2.3
      return out;
    }
    case denial::kind::forbidden: return api::problem({.status = 403, .title = "This may not be.", .detail = why.why});
    case denial::kind::malformed: return api::problem({.status = 400, .title = "This cannot be.", .detail = why.why});
    case denial::kind::failed: break;
  }
  auto out = api::problem(503, "No certificate can be made now.");
  out.headers.emplace_back("Retry-After", "10");  // RFC 7030 4.2.3
  return out;
}

answer refuse_body(const error& why) {
  return api::problem({.status = 400,
                       .title = "The request for a certificate is not taken.",
                       .detail = why.what,
                       .right = "PKCS #10 in base64, signed with its own key"});
}

answer bundle_answer(std::span<const identity::certificate> all) {
  auto body = enrolment::bundle_body(all);
  if (!body) return api::problem(503, "No certificate can be made now.");
  answer out{.status = 200, .type = enrolment::bundle_type, .body = *std::move(body)};
  out.headers.emplace_back("Content-Transfer-Encoding", "base64");  // RFC 7030 4.1.3; RFC 8951 3 makes nothing of it
  return out;
}

enrolment::chain authorities_of(const site_authority& by) {
  enrolment::chain out(by.issuing.shown().begin(), by.issuing.shown().end());
  out.push_back(by.root);
  return out;
}

/// What the enroller is asked on the registry's worker.
using question = std::move_only_function<std::expected<enrolment::chain, denial>(enrolment::enroller&)>;

io::task<answer> hand_out(things& of, authority_ptr by, std::string name, question what) {
  using given = std::expected<enrolment::chain, denial>;
  things::work<given> work = [by, what = std::move(what)](registry::registry& in) mutable -> registry::outcome<given> {
    enrolment_book book(in, grace);
    enrolment::enroller enroller(by->issuing, book);
    return what(enroller);
  };
  PG_CO_TRY(const auto asked, co_await of.ask<given>(std::move(work)));
  if (!asked) co_return refusal_of({denial::kind::failed, asked.error().what});
  if (const auto& got = *asked; !got) {
    log::warn("node.enrolment", "{} gets no certificate: {}", name, got.error().why);
    co_return refusal_of(got.error());
  }
  log::info("node.enrolment", "{} has a certificate until {}", name, to_iso8601((*asked)->front().facts().not_after));
  co_return bundle_answer(**asked);
}

io::task<answer> enrol(things& of, authority_ptr by, profile wanted, request asked) {
  const auto shown = enrolment::read_basic(asked.authorization);
  if (!shown) co_return refusal_of({denial::kind::unknown, "show your name and a token by Basic authentication"});
  auto wish = enrolment::read_request(asked.body);
  if (!wish) co_return refuse_body(wish.error());
  const enrolment::applicant who{shown->user, asked.who.address};
  co_return co_await hand_out(of, by, who.name,
                              [who, wanted, wish = *std::move(wish), token = shown->password](auto& from) {
                                return from.enrol(who, token, wanted, wish, clock::wall());
                              });
}

io::task<answer> renew(things& of, authority_ptr by, request asked) {
  if (!asked.certificate) co_return refusal_of({denial::kind::forbidden, "show the certificate that is to be renewed"});
  auto wish = enrolment::read_request(asked.body);
  if (!wish) co_return refuse_body(wish.error());
  const enrolment::applicant who{asked.certificate_name, asked.who.address};
  const enrolment::shown_certificate with{asked.certificate->issuer, asked.certificate->serial};
  co_return co_await hand_out(of, by, who.name, [who, with, wish = *std::move(wish)](auto& from) {
    return from.renew(who, with, wish, clock::wall());
  });
}

}  // namespace

result<std::shared_ptr<const site_authority>> site_authority::open(io::disk& on, const std::string& folder) {
  const auto issuing = io::read_whole(on, folder + "/issuing.crt", limits::identity_pem_bytes_max);
  if (!issuing && is(issuing.error(), errc::not_found)) return nullptr;
  if (!issuing) return std::unexpected(issuing.error());
  PG_TRY(const auto key_pem, io::read_whole(on, folder + "/issuing.key", limits::identity_key_bytes_max));
  PG_TRY(const auto root_pem, io::read_whole(on, folder + "/root.crt", limits::identity_pem_bytes_max));
  PG_TRY(auto chain, identity::parse_chain(*issuing));
  PG_TRY(auto key, identity::private_key::from_pem(as_text(key_pem)));
  PG_TRY(auto by, identity::authority::open(std::move(chain), std::move(key)));
  PG_TRY(auto root, identity::certificate::parse(root_pem));
  return std::make_shared<const site_authority>(std::move(by), std::move(root));
}

api::routes enrolment_routes(things& of, authority_ptr by) {
  const auto everybody = api::access::anybody;
  api::routes out;
  const auto serve = [&](std::string label, profile wanted) {
    const auto path = "/.well-known/est" + label;
    out.push_back({"GET", path + "/cacerts",
                   api::at_once([by](const auto&) { return bundle_answer(authorities_of(*by)); }), everybody});
    out.push_back({"GET", path + "/csrattrs", api::at_once([](const auto&) {
                     return answer{
                         .status = 200, .type = enrolment::attributes_type, .body = enrolment::attributes_body()};
                   }),
                   everybody});
    out.push_back({"POST", path + "/simpleenroll",
                   [&of, by, wanted](request asked) { return enrol(of, by, wanted, std::move(asked)); }, everybody});
    out.push_back({"POST", path + "/simplereenroll",
                   [&of, by](request asked) { return renew(of, by, std::move(asked)); }, everybody});
  };
  serve("", profile::device);
  serve("/node", profile::node);
  return out;
}

}  // namespace perigee::node

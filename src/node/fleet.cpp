#include "node/fleet.hpp"

#include <expected>

#include "access/credential.hpp"
#include "base/identity_limits.hpp"
#include "base/log.hpp"
#include "base/printable.hpp"
#include "identity/certificate_request.hpp"
#include "identity/refusal.hpp"
#include "node/enrolment_book.hpp"
#include "node/process.hpp"

namespace perigee::node {
namespace {

namespace enrolment = control::enrolment;
namespace registry = control::registry;
using enrolment::fleet_call;
using enrolment::fleet_rejection;
using wire::mqtt::reason;
using answered = std::expected<std::string, fleet_rejection>;

constexpr nanoseconds owned_for = std::chrono::hours(1);
constexpr std::size_t id_digits = 16;

std::unexpected<fleet_rejection> reject(unsigned status, std::string_view code, std::string why) {
  return std::unexpected(fleet_rejection{status, code, std::move(why)});
}
std::unexpected<fleet_rejection> reject(const registry::denied& why) {
  const bool stranger = why.is == registry::denied::kind::stranger;
  return reject(403, stranger ? "AccessDenied" : "Forbidden", why.why);
}
std::unexpected<fleet_rejection> reject(const registry::refusal& why) {
  if (is(why, errc::full)) return reject(429, "Throttling", why.what);
  if (is(why, errc::not_found)) return reject(404, "ResourceNotFound", why.what);
  return reject(503, "ServiceUnavailable", why.what);
}

/// What is asked of the registry's worker: for the length of one request.
class clerk {
 public:
  clerk(registry::registry& in, const site_authority& by, registry::actor who)
      : in_(in), by_(by), who_(std::move(who)) {}

  answered create_from_csr(byte_view payload) {
    const auto pem = enrolment::read_certificate_request(payload);
    if (!pem) return std::unexpected(pem.error());
    const auto key = identity::certificate_request::parse_key(as_bytes(*pem));
    if (!key) {
      (void)in_.note_refusal("provisioning", who_.who, with_why(key.error().what));
      return reject(400, "InvalidCertificateSigningRequest", key.error().what);
    }
    return create(*key, "");
  }

  answered create_keys(byte_view payload) {
    if (auto wrong = enrolment::read_create_keys(payload)) return std::unexpected(*std::move(wrong));
    const auto key = identity::private_key::generate(identity::key_kind::p256);
    if (!key) return reject(503, "ServiceUnavailable", key.error().what);
    const auto pem = key->to_pem();
    if (!pem) return reject(503, "ServiceUnavailable", pem.error().what);
    return create(key->public_half(), *pem);
  }

  answered provision(std::string_view template_name, byte_view payload) {
    const auto asked = enrolment::read_provision_request(payload);
    if (!asked) return std::unexpected(asked.error());
    const auto stored = in_.find_template(template_name);
    if (!stored) return reject(stored.error());
    const auto read = enrolment::provisioning_template::parse(stored->body);
    if (!read) return reject(503, "ServiceUnavailable", read.error());
    const auto make = [&](const registry::certificate& of) -> std::expected<registry::provisioned, std::string> {
      auto made = read->apply(asked->parameters, access::to_hexadecimal(of.given.fingerprint));
      if (!made) return std::unexpected(std::move(made.error()));
      registry::new_thing thing{.name = std::move(made->name), .serial_number = std::move(made->serial_number)};
      thing.groups = std::move(made->groups);
      thing.attributes = {made->attributes.begin(), made->attributes.end()};
      return registry::provisioned{std::move(thing), stored->replaces};
    };
    const auto done = in_.provision({.by = {who_.who},
                                     .template_name = std::string(template_name),
                                     .secret = access::digest_of_token(asked->ownership_token)},
                                    make, who_);
    if (!done) return reject(done.error());
    if (!*done) return reject((*done).error());
    return enrolment::provisioned_payload((*done)->given.name, read->configuration());
  }

 private:
  registry::actor with_why(std::string why) const {
    auto out = who_;
    out.why = std::move(why);
    return out;
  }

  answered create(const identity::public_key& key, std::string private_key) {
    const auto id = random_token();
    const auto token = random_token();
    if (!id || !token) return reject(503, "ServiceUnavailable", "There is no randomness.");
    const identity::certificate_order order{.as = identity::profile::device,
                                            .name = "provisioned-" + id->substr(0, id_digits)};
    const auto made = by_.issuing.issue(key, order, who_.at);
    if (!made) return reject(400, "InvalidCertificateSigningRequest", made.error().what);
    const auto row = [&](registry::kind) -> registry::outcome<registry::new_certificate> {
      auto out = row_of(*made, "fleet provisioning");
      out.key = key.fingerprint();
      return out;
    };
    const auto kept =
        in_.create({who_.who, !private_key.empty()},
                   {.secret = access::digest_of_token(*token), .expires = who_.at + owned_for}, row, who_);
    if (!kept) return reject(kept.error());
    if (!*kept) return reject((*kept).error());
    return enrolment::created_payload({.id = made->facts().fingerprint,
                                       .pem = made->to_pem() + identity::to_pem(by_.issuing.shown()),
                                       .ownership_token = *token,
                                       .private_key = std::move(private_key)});
  }

  registry::registry& in_;
  const site_authority& by_;
  registry::actor who_;
};

class claim_rights final : public doors::mqtt::rights {
 public:
  explicit claim_rights(std::string template_name) : template_(std::move(template_name)) {}

  bool may_publish(std::string_view topic) override { return is_its_own(enrolment::parse_fleet_topic(topic)); }
  bool may_subscribe(std::string_view filter) override { return is_its_own(enrolment::parse_fleet_answer(filter)); }
  bool may_receive(std::string_view topic) override { return is_its_own(enrolment::parse_fleet_answer(topic)); }
  reason standing() const override { return reason::success; }

 private:
  [[nodiscard]] bool is_its_own(const std::optional<enrolment::fleet_topic>& topic) const {
    return topic && (topic->call != fleet_call::provision || topic->template_name == template_);
  }

  std::string template_;
};

}  // namespace

std::unique_ptr<doors::mqtt::rights> rights_of_claim(std::string template_name) {
  return std::make_unique<claim_rights>(std::move(template_name));
}

bool fleet::wants(std::string_view topic) const { return enrolment::parse_fleet_topic(topic).has_value(); }

bool fleet::may_subscribe(const doors::mqtt::client_identity&, std::string_view filter) const {
  return enrolment::parse_fleet_answer(filter).has_value();
}

doors::mqtt::answer fleet::on_message(const doors::mqtt::client_identity& from, const wire::mqtt::publish& message,
                                      timestamp) {
  if (from.name.empty()) return {reason::not_authorized};
  if (message.payload.size() > limits::provisioning_payload_bytes_max) return {reason::quota_exceeded};
  const auto host = from.address.substr(0, from.address.rfind(':'));
  services_.spawn("node.fleet", serve({.client_id = std::string(from.client_id),
                                       .name = std::string(from.name),
                                       .address = std::string(host),
                                       .topic = std::string(message.topic),
                                       .payload = {message.payload.begin(), message.payload.end()}}));
  return {};
}

io::task<> fleet::serve(question asked) {
  const auto topic = enrolment::parse_fleet_topic(asked.topic);
  answered got = reject(400, "UnsupportedFormat", "Only JSON is spoken here.");
  if (!topic->cbor) {
    things::work<answered> work = [by = by_->now, &asked,
                                   &topic](registry::registry& in) -> registry::outcome<answered> {
      clerk at(in, *by, {.who = asked.name, .from = asked.address, .why = "", .at = clock::wall()});
      switch (topic->call) {
        case fleet_call::create_keys: return registry::outcome<answered>(std::in_place, at.create_keys(asked.payload));
        case fleet_call::create_from_csr:
          return registry::outcome<answered>(std::in_place, at.create_from_csr(asked.payload));
        case fleet_call::provision: break;
      }
      return registry::outcome<answered>(std::in_place, at.provision(topic->template_name, asked.payload));
    };
    PG_CO_TRY(auto done, co_await of_.ask<answered>(std::move(work)));
    if (done) {
      got = *std::move(done);
    } else {
      got = reject(done.error());
    }
  }
  if (!got) log::warn("node.fleet", "{} is refused on {}: {}", asked.name, printable(asked.topic), got.error().message);
  if (got) {
    answer(asked, "/accepted", *got);
  } else {
    answer(asked, "/rejected", enrolment::rejected_payload(got.error(), topic->cbor));
  }
  co_return result<>();
}

void fleet::answer(const question& asked, std::string_view end, const std::string& payload) {
  const auto topic = asked.topic + std::string(end);
  broker_.publish_local({.topic = topic, .payload = as_bytes(payload), .source = "", .only_for = asked.client_id},
                        {clock::now(), clock::wall()});
}

}  // namespace perigee::node

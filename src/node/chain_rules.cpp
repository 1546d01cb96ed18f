#include "node/chain_rules.hpp"

#include <algorithm>
#include <format>

#include "base/identity_limits.hpp"
#include "base/log.hpp"
#include "io/verification_time.hpp"

namespace perigee::node {
namespace {

using identity::certificate;
using identity::refusal;
using kind = io::chain_verdict::kind;

kind kind_of(refusal why) {
  switch (why) {
    case refusal::expired: return kind::expired;
    case refusal::revoked:
    case refusal::authority_revoked: return kind::revoked;
    case refusal::unknown_authority: return kind::unknown_authority;
    default: return kind::refused;
  }
}

io::chain_verdict verdict_for(refusal why) { return {kind_of(why), identity::text_of(why).sentence}; }

result<std::vector<certificate>> parse(std::span<const byte_view> shown) {
  if (shown.size() > limits::identity_chain_certificates_max) return refuse(refusal::chain_too_long);
  std::vector<certificate> out;
  for (const auto der : shown) {
    PG_TRY(auto one, certificate::parse_der(der));
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

class chain_rules::site_judge final : public io::chain_judge {
 public:
  site_judge(const chain_rules& rules, roots_ptr roots, identity::purpose wanted)
      : rules_(rules), roots_(std::move(roots)), wanted_(wanted) {}

  bool stands_alone() const override { return rules_.strict_; }

  io::chain_verdict judge_again(const io::peer_certificate& shown) const override {
    if (rules_.is_revoked(shown.issuer, shown.serial)) return verdict_for(refusal::revoked);
    if (shown.not_after < io::verification_time()) return {kind::lapsed, identity::text_of(refusal::expired).sentence};
    return {};
  }

  io::chain_verdict judge(std::span<const byte_view> shown, std::string_view from) const override {
    const auto chain = parse(shown);
    const auto good = chain ? decide(*chain, io::verification_time()) : std::unexpected(chain.error());
    if (good) return {};
    const auto reason = identity::reason_of(good.error()).value_or(refusal::not_conforming);
    auto verdict = verdict_for(reason);
    if (reason == refusal::expired && has_only_lapsed(*chain)) verdict.is = kind::lapsed;
    rules_.refused(verdict, reason, chain ? chain->front().facts().common_name : "", from);
    return verdict;
  }

 private:
  result<> decide(std::span<const certificate> chain, timestamp at) const {
    const auto revoked = [this](std::string_view issuer, std::string_view serial) {
      return rules_.is_revoked(issuer, serial);
    };
    if (rules_.strict_) return identity::verify_chain(chain, *roots_, wanted_, at, revoked).transform([](auto&&) {});
    const auto is_revoked = [&](const certificate& one) {
      return revoked(one.facts().authority_key_id, one.facts().serial);
    };
    if (is_revoked(chain.front())) return refuse(refusal::revoked);
    if (std::ranges::any_of(chain.subspan(1), is_revoked)) return refuse(refusal::authority_revoked);
    return {};
  }

  /// Whether all was well until the leaf expired, and those above it are still good.
  bool has_only_lapsed(std::span<const certificate> chain) const {
    const auto now = io::verification_time();
    const auto end = chain.front().facts().not_after;
    const auto is_over = [&](const certificate& one) { return one.facts().not_after < now; };
    return end < now && std::ranges::none_of(chain.subspan(1), is_over) &&
           decide(chain, end - std::chrono::seconds(1)).has_value();
  }

  const chain_rules& rules_;
  roots_ptr roots_;
  identity::purpose wanted_;
};

chain_rules::chain_rules(bool strict, metrics::registry& metrics) : strict_(strict), metrics_(metrics) {}

io::judge_maker chain_rules::judge_of(identity::purpose wanted) {
  return [this, wanted](std::string_view authorities) -> result<std::shared_ptr<const io::chain_judge>> {
    auto read = identity::parse_roots(as_bytes(authorities));
    // What OpenSSL makes of the file is enough where it decides.
    if (!read && strict_) return std::unexpected(read.error());
    const auto roots =
        std::make_shared<const std::vector<certificate>>(read ? *std::move(read) : std::vector<certificate>());
    roots_.store(roots);
    return std::make_shared<const site_judge>(*this, roots, wanted);
  };
}

std::vector<certificate> chain_rules::roots() const {
  const auto last = roots_.load();
  return last ? *last : std::vector<certificate>();
}

bool chain_rules::is_revoked(std::string_view issuer, std::string_view serial) const {
  return std::ranges::any_of(sources_, [&](const source& one) { return one(issuer, serial); });
}

void chain_rules::refused(const io::chain_verdict& verdict, refusal reason, std::string_view name,
                          std::string_view from) const {
  metrics_
      .make_counter("perigee_certificates_refused_total", "Certificates that were refused in a handshake",
                    std::format("reason=\"{}\"", identity::text_of(reason).name))
      .add();
  log::warn("node.tls", "the certificate of '{}' ({}) is refused: {}", name, from, verdict.why);
  if (told_) told_(name, from, verdict.why);
}

}  // namespace perigee::node

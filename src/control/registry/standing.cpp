#include "control/registry/standing.hpp"

namespace perigee::control::registry {

const char* sentence_of(verdict v) {
  switch (v) {
    case verdict::welcome:
    case verdict::welcome_first: return "it is welcome";
    case verdict::unknown_thing: return "the registry has no thing of this name";
    case verdict::suspended: return "it is suspended";
    case verdict::retired: return "it is retired";
    case verdict::pending: return "its certificate was not provisioned yet";
    case verdict::revoked: return "its certificate is revoked";
    case verdict::superseded: return "its certificate was superseded by a newer one";
    case verdict::not_its_own: break;
  }
  return "its certificate is known as another thing's";
}

void standing::apply(const changes& all) {
  for (const auto& each : all) std::visit([this](const auto& one) { take(one); }, each);
}

void standing::take(const thing_stands& one) { things_.insert_or_assign(one.name, one.now); }

void standing::take(const thing_gone& one) { things_.erase(one.name); }

void standing::take(const certificate_stands& one) {
  certificates_.insert_or_assign(one.id, entry{one.name, one.state, one.grace_until, one.claim, one.by_alias});
}

void standing::take(const certificate_gone& one) { certificates_.erase(one.id); }

const std::string* standing::known_as(const shown_certificate& shown) const {
  const auto found = certificates_.find(shown);
  return found != certificates_.end() && found->second.by_alias ? &found->second.name : nullptr;
}

const std::string* standing::claim_of(const shown_certificate& shown) const {
  const auto found = certificates_.find(shown);
  return found != certificates_.end() && !found->second.claim.empty() ? &found->second.claim : nullptr;
}

/// A claim is no thing: its certificate alone says whether it may come.
verdict standing::of_claim(std::string_view name, const entry& held) {
  if (held.state != certificate_state::current) return verdict::revoked;
  return held.name == name ? verdict::welcome : verdict::not_its_own;
}

verdict standing::of(std::string_view name, const shown_certificate& shown, timestamp now) const {
  const auto certificate = certificates_.find(shown);
  if (certificate != certificates_.end()) {
    if (!certificate->second.claim.empty()) return of_claim(name, certificate->second);
    if (certificate->second.state == certificate_state::pending) return verdict::pending;
  }
  const auto thing = things_.find(name);
  if (thing == things_.end()) return verdict::unknown_thing;
  if (thing->second == lifecycle::retired) return verdict::retired;
  if (thing->second == lifecycle::suspended) return verdict::suspended;
  const bool active = thing->second == lifecycle::active;
  if (certificate == certificates_.end()) {
    return active && shown.serial.empty() ? verdict::welcome : verdict::welcome_first;
  }
  const auto& held = certificate->second;
  if (held.state == certificate_state::revoked) return verdict::revoked;
  if (held.name != name) return verdict::not_its_own;
  if (held.state == certificate_state::superseded && held.grace_until <= now) return verdict::superseded;
  return active ? verdict::welcome : verdict::welcome_first;
}

bool standing::is_revoked(const shown_certificate& shown) const {
  const auto found = certificates_.find(shown);
  return found != certificates_.end() && found->second.state == certificate_state::revoked;
}

bool standing::is_suspended(std::string_view name) const {
  const auto found = things_.find(name);
  return found != things_.end() && found->second == lifecycle::suspended;
}

}  // namespace perigee::control::registry

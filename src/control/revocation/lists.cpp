#include "control/revocation/lists.hpp"

#include "base/identity_limits.hpp"
#include "identity/verify.hpp"

namespace perigee::control::revocation {

result<list_state> lists::take(handed_list given, timestamp now) {
  if (given.authority.empty()) return fail(errc::malformed, "a handed list has the certificate of its signer");
  const auto& signer = given.authority.front();
  const auto revoked = [this](std::string_view issuer, std::string_view serial) { return is_revoked(issuer, serial); };
  PG_TRY_VOID(identity::verify_authority(given.authority, roots_, now, revoked));
  PG_TRY(auto read, identity::read_revocation_list(given.list, signer));
  const auto before = held_.find(read.issuer);
  if (before == held_.end() && held_.size() >= limits::identity_lists_max) {
    return fail(errc::full, "there are lists of 64 authorities already");
  }
  if (before != held_.end() && read.terms.number <= before->second.state.terms.number) {
    return fail(errc::exists, "a list of this authority that is not older is here already");
  }
  held next{.state = {read.issuer, signer.facts().subject, read.terms, read.all.size()},
            .serials = {},
            .der = given.list,
            .handed_on = encode(given)};
  for (auto& one : read.all) next.serials.insert(std::move(one.serial));
  auto state = next.state;
  held_.insert_or_assign(read.issuer, std::move(next));
  return state;
}

bool lists::is_revoked(std::string_view issuer, std::string_view serial) const {
  const auto found = held_.find(issuer);
  return found != held_.end() && found->second.serials.contains(serial);
}

std::uint64_t lists::number_of(std::string_view issuer) const {
  const auto found = held_.find(issuer);
  return found == held_.end() ? 0 : found->second.state.terms.number;
}

std::vector<list_state> lists::states() const {
  std::vector<list_state> out;
  for (const auto& [issuer, one] : held_) out.push_back(one.state);
  return out;
}

std::map<std::string, byte_view> lists::handed_on() const {
  std::map<std::string, byte_view> out;
  for (const auto& [issuer, one] : held_) out.emplace(issuer, one.handed_on);
  return out;
}

byte_view lists::list_of(std::string_view issuer) const {
  const auto found = held_.find(issuer);
  return found == held_.end() ? byte_view() : byte_view(found->second.der);
}

}  // namespace perigee::control::revocation

#include "identity/held_identity.hpp"

#include <algorithm>

namespace perigee::identity {

result<std::string> to_pem(const held_identity& of) {
  PG_TRY(auto out, of.key.to_pem());
  return out + to_pem(of.chain);
}

result<held_identity> parse_held(std::string_view pem) {
  const auto first = std::min(pem.find("-----BEGIN CERTIFICATE-----"), pem.size());
  PG_TRY(auto key, private_key::from_pem(pem.substr(0, first)));
  held_identity out{std::move(key)};
  if (first == pem.size()) return out;
  PG_TRY(out.chain, parse_chain(as_bytes(pem.substr(first))));
  if (!(out.chain.front().key() == out.key.public_half())) {
    return fail(errc::refused, "this is not the key of the first certificate");
  }
  return out;
}

}  // namespace perigee::identity

#include "node/at_rest.hpp"

#include <vector>

#include "base/log.hpp"
#include "crypto/aead.hpp"

namespace perigee::node {
namespace {

result<crypto::key> read_key(const secret& from) {
  PG_TRY(const auto text, from.read());
  return crypto::parse_key(as_bytes(text));
}

}  // namespace

result<journal::keyring> read_keys(std::span<const secret> from) {
  std::vector<crypto::key> keys;
  for (const auto& each : from) {
    const auto key = read_key(each);
    if (!key) {
      log::fault("node", "[journal] keys: '{}': {}", each.name, key.error().text());
      return std::unexpected(key.error());
    }
    keys.push_back(*key);
  }
  return journal::keyring(keys);
}

}  // namespace perigee::node

#include "journal/keyring.hpp"

#include <algorithm>
#include <cstring>

namespace perigee::journal {
namespace {

constexpr std::string_view id_info = "perigee journal key id";

}  // namespace

keyring::keyring(const std::vector<crypto::key>& keys) {
  for (const auto& secret : keys) {
    const auto derived = crypto::derive_key(secret, {}, as_bytes(id_info));
    std::uint64_t id = 0;
    std::memcpy(&id, derived.data(), sizeof id);
    all_.push_back({id, secret});
  }
}

bool keyring::has(std::uint64_t id) const { return std::ranges::contains(all_, id, &master::id); }

std::optional<crypto::key> keyring::derive(std::uint64_t id, byte_view salt, byte_view info) const {
  const auto found = std::ranges::find(all_, id, &master::id);
  if (found == all_.end()) return std::nullopt;
  return crypto::derive_key(found->secret, salt, info);
}

}  // namespace perigee::journal

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/aead.hpp"

namespace perigee::journal {

/// The master keys of a journal that is encrypted at rest: new segments are sealed under the first, each with a key of
/// its own derived from it, and those of all are read. Without any key nothing is sealed. Shared by the lanes and their
/// jobs; does not change once it is in use.
class keyring {
 public:
  keyring() = default;
  /// The first seals. To rotate, put a new one in front.
  explicit keyring(const std::vector<crypto::key>& keys);

  [[nodiscard]] bool seals() const { return !all_.empty(); }
  /// Tells a master key from others and gives nothing of it away: it stands in each segment's header.
  [[nodiscard]] std::uint64_t sealing_id() const { return all_.front().id; }
  /// The key of one segment; none where the master key is not here.
  [[nodiscard]] std::optional<crypto::key> derive(std::uint64_t id, byte_view salt, byte_view info) const;
  [[nodiscard]] bool has(std::uint64_t id) const;

 private:
  struct master {
    std::uint64_t id;
    crypto::key secret;
  };
  std::vector<master> all_;
};

}  // namespace perigee::journal

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/time.hpp"
#include "crypto/password.hpp"

namespace perigee::node {

/// On which day each user's token was last used, so that one that nobody needs any more can be told
/// (docs/formats/token-uses.md). At most limits::people_token_uses_max; past that, the one that was used longest ago is
/// forgotten. Owned by the gate, on its shard.
class token_uses {
 public:
  void note(const crypto::digest& token, timestamp now);
  /// "2026-11-23", in UTC; nothing where no use is known.
  [[nodiscard]] std::optional<std::string> last(const crypto::digest& token) const;

  /// Goes up with each day that is new.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] std::string to_json() const;
  /// errc::malformed, and then nothing is known.
  [[nodiscard]] result<> restore(std::string_view json);

 private:
  std::map<crypto::digest, std::string> days_;
  std::uint64_t generation_ = 0;
};

}  // namespace perigee::node

#pragma once
// The kinds of certificates that there are at a site. docs/identity.md shows each.

#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace perigee::identity {

enum class profile : std::uint8_t {
  root,     // signs issuing authorities; its key may be taken away
  issuing,  // the site's: signs gateways, nodes and devices
  gateway,  // a gateway's: signs devices whose names end in its own while its parent is away
  node,     // a leaf, as client and as server
  device,   // a leaf, as client
};

struct profile_terms {
  nanoseconds life;                // where nothing else is asked for
  nanoseconds life_min;            // what may be asked for
  nanoseconds life_max;            //
  std::optional<int> path_length;  // of an authority: how many may stand below it. None: a leaf
  const char* key_usage;           // as x509v3_config(5) has them
  const char* purposes;            // extended key usage; none of an authority
};
[[nodiscard]] const profile_terms& terms_of(profile which);

/// A certificate is valid from this long before it is made: the clocks of a site are not one.
inline constexpr nanoseconds backdated_by = std::chrono::hours(1);

}  // namespace perigee::identity

#pragma once

#include <algorithm>

#include "base/random.hpp"
#include "base/time.hpp"

namespace perigee::client {

/// How long to wait before the next try: it doubles up to the most, and is drawn between half and the whole of it, so
/// that clients do not come back all at once. Owned by whoever connects.
class back_off {
 public:
  back_off(nanoseconds first, nanoseconds most, std::uint64_t seed) : first_(first), most_(most), random_(seed) {}

  [[nodiscard]] nanoseconds next() {
    pause_ = std::clamp(pause_ * 2, first_, most_);
    return nanoseconds(random_.between(pause_.count() / 2, pause_.count()));
  }
  /// It worked.
  void reset() { pause_ = nanoseconds(0); }

 private:
  nanoseconds first_;
  nanoseconds most_;
  nanoseconds pause_{0};
  prng random_;
};

}  // namespace perigee::client

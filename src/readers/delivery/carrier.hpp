#pragma once

#include <string>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace perigee::readers::delivery {

/// One thing to hand over.
struct parcel {
  std::string id;    // the same at every try, and of no other: who gets it twice can tell
  std::string node;  // that decided it
  timestamp at{};    // when
  byte_buffer payload;
};

/// What came of a try.
struct verdict {
  enum class kind {
    delivered,
    later,  // where it goes is away, or does not take anything now
    never,  // it does not take this one
  };
  verdict::kind what = verdict::kind::delivered;
  nanoseconds after{0};  // later: not before that
  std::string why{};     // a sentence, where it is not delivered
};

/// Hands things over to one destination outside. Used off the shard, on one thread; it blocks.
class carrier {
 public:
  virtual ~carrier() = default;
  [[nodiscard]] virtual verdict carry(const parcel& what) = 0;
  /// On any thread: ends what goes on.
  virtual void stop() = 0;
};

}  // namespace perigee::readers::delivery

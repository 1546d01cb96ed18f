#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace perigee::access {

/// Slows down who guesses passwords: an address that failed several times in a row waits before it is heard again, each
/// time twice as long, up to a minute. A success, or ten minutes, and it begins anew. At most
/// limits::access_addresses_max addresses are remembered; past that, the one whose wait ends first is forgotten.
class slow_down {
 public:
  /// Whether the address is to be turned away now, unheard.
  [[nodiscard]] bool must_wait(std::string_view address, clock::time_point now) const;
  void failed(std::string_view address, clock::time_point now);
  void succeeded(std::string_view address);
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  struct entry {
    unsigned failures = 0;
    clock::time_point last{};
    clock::time_point until{};
  };

  void make_room();

  std::map<std::string, entry, std::less<>> known_;
};

}  // namespace perigee::access

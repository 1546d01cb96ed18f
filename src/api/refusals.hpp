#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace perigee::api {

/// A request that was refused for who asked or how, or several of one kind.
struct refusal {
  timestamp at{};           // of the last
  std::string who{};        // a name, where one was shown that counts
  std::string address{};    // of the neighbourhood; empty: of many
  std::string what{};       // the route's summary, else the method
  std::string of{};         // the path
  std::string reason{};     // "csrf", as the problem's type has it
  unsigned status = 0;      // of the answer
  bool is_deed = false;     // it would have changed something: it belongs in the audit
  std::uint64_t times = 1;  // that it happened since it was told last
};

/// Holds back refusals that repeat, so that whoever is refused again and again cannot fill a disk: of one address and
/// reason the first is told, and from then on at most one a minute, with a count. At most
/// limits::people_refusals_noted_max pairs are remembered; past that, the others of a reason count as one. Owned by the
/// dispatcher, on its shard; sans-IO: time is an argument.
class refusals {
 public:
  /// What is to be told now.
  [[nodiscard]] std::optional<refusal> note(refusal one, clock::time_point now);
  /// What was held back, and its minute has ended. Who was quiet for that minute is forgotten.
  [[nodiscard]] std::vector<refusal> due(clock::time_point now);
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  struct entry {
    clock::time_point until{};
    std::uint64_t held = 0;  // back, since
    refusal last{};          // of them
  };
  using key = std::pair<std::string, std::string>;  // address and reason, and whether it is a deed

  std::map<key, entry> known_;
};

}  // namespace perigee::api

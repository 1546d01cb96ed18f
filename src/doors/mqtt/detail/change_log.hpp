#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace perigee::doors::mqtt::detail {

/// What of the broker's state is not as it was last handed out to be saved, by name: the state itself is looked at when
/// it is handed out, so that what changes many times is written once. Owned by the broker.
struct change_log {
  bool kept = false;           // somebody saves; otherwise nothing is noted
  std::uint64_t revision = 0;  // goes up with each change
  std::uint64_t saved = 0;     // the state of this revision is on stable storage
  std::vector<std::string> sessions{};
  std::vector<std::string> shares{};
  std::vector<std::pair<std::string, std::string>> subscriptions{};  // client identifier, filter
};

}  // namespace perigee::doors::mqtt::detail

#pragma once
// What boards of tests are told.

#include <format>
#include <string>

#include "alarm/board.hpp"

namespace perigee::alarm::testing {

/// `since` and `at` in microseconds; `more` are members with a comma in front.
inline std::string told(std::string_view name, std::string_view state, std::int64_t since, std::string_view more = "",
                        std::int64_t at = 0) {
  return std::format(R"({{"alarm":"{}","key":"m7","severity":"critical","state":"{}","ts":{},"since":{}{}}})", name,
                     state, at == 0 ? since : at, since, more);
}

inline bool hear(board& to, const std::string& payload, teller from = {.node = "fog-1"}) {
  return to.apply(from, as_bytes(payload)).changed;
}

/// As a node's own operators do it.
inline bool act(board& on, const telling& t, teller from = {.node = "fog-1"}) {
  from.speaks_for_people = true;
  return on.apply(from, as_bytes(to_payload(t))).changed;
}

inline bool act(board& on, event what, deed how, std::uint64_t id = 1) {
  return act(on, on.tell(*on.find(id), what, std::move(how)));
}

}  // namespace perigee::alarm::testing

#include "alarm/state.hpp"

#include <algorithm>
#include <array>

namespace perigee::alarm {
namespace {

using enum state;
using enum event;
using enum arrow::if_;

/// ISA-18.2 figure 3 without what puts an alarm aside; `confirm` and `unconfirmed` are Part 9's (5.7.2).
constexpr std::array arrows{
    // A normal
    arrow{normal, activate, unacknowledged},
    // B unacknowledged
    arrow{unacknowledged, realarm, unacknowledged},
    arrow{unacknowledged, acknowledge, acknowledged},
    arrow{unacknowledged, normalize, returned, not_latching},
    arrow{unacknowledged, normalize, latched_unacknowledged, latching},
    arrow{unacknowledged, clear, returned, not_latching},
    arrow{unacknowledged, clear, latched_unacknowledged, latching},
    // C acknowledged
    arrow{acknowledged, realarm, unacknowledged},
    arrow{acknowledged, confirm, acknowledged, awaiting},
    arrow{acknowledged, normalize, normal, not_latching, confirmed},
    arrow{acknowledged, normalize, unconfirmed, not_latching, awaiting},
    arrow{acknowledged, normalize, latched_acknowledged, latching},
    arrow{acknowledged, clear, normal, not_latching, confirmed},
    arrow{acknowledged, clear, unconfirmed, not_latching, awaiting},
    arrow{acknowledged, clear, latched_acknowledged, latching},
    // D returned to normal, unacknowledged
    arrow{returned, activate, unacknowledged},
    arrow{returned, acknowledge, normal, confirmed},
    arrow{returned, acknowledge, unconfirmed, awaiting},
    // E latched
    arrow{latched_unacknowledged, activate, unacknowledged},
    arrow{latched_unacknowledged, acknowledge, latched_acknowledged},
    arrow{latched_acknowledged, activate, unacknowledged},
    arrow{latched_acknowledged, confirm, latched_acknowledged, awaiting},
    arrow{latched_acknowledged, reset, normal, confirmed},
    arrow{latched_acknowledged, reset, unconfirmed, awaiting},
    // Part 9's: acknowledged and over
    arrow{unconfirmed, activate, unacknowledged},
    arrow{unconfirmed, confirm, normal},
};

bool holds(arrow::if_ condition, const standing& now) {
  switch (condition) {
    case any: return true;
    case latching: return now.latched;
    case not_latching: return !now.latched;
    case arrow::if_::confirmed: return now.confirmed;
    case awaiting: return !now.confirmed;
  }
  return false;
}

/// Why no arrow starts here.
const char* reason_against(const standing& now, event what) {
  switch (what) {
    case acknowledge: return now.acked ? "the alarm is acknowledged already, or was never raised" : "it cannot be now";
    case confirm:
      if (!now.acked) return "the alarm must be acknowledged before it is confirmed";
      return "nothing waits to be confirmed";
    case reset:
      if (now.active) return "the alarm's condition still holds: it can be reset when that is over";
      if (!now.latched) return "the alarm does not latch, or is reset already";
      return "the alarm must be acknowledged before it is reset";
    case clear: return "the alarm is not active";
    case activate: return "the alarm is active already";
    case normalize: return "the alarm is not active";
    case realarm: return "the alarm is not active";
    default: return nullptr;
  }
}

/// The three that lie over the others: each is a state of its own with one way in and one out.
const char* refusal_of_putting_aside(const standing& now, event what) {
  const bool is_shelved = now.shelving != shelving::unshelved;
  switch (what) {
    case shelve: return is_shelved ? "the alarm is shelved already: unshelve it first" : nullptr;
    case unshelve: return is_shelved ? nullptr : "the alarm is not shelved";
    case suppress: return now.suppressed ? "the alarm is suppressed already" : nullptr;
    case unsuppress: return now.suppressed ? nullptr : "the alarm is not suppressed";
    case remove: return now.out_of_service ? "the alarm is out of service already" : nullptr;
    case reinstate: return now.out_of_service ? nullptr : "the alarm is in service";
    default: return nullptr;
  }
}

constexpr std::array<std::string_view, 10> state_names{
    "normal",      "unacknowledged", "acknowledged", "returned",       "latched_unacknowledged", "latched_acknowledged",
    "unconfirmed", "shelved",        "suppressed",   "out_of_service",
};

}  // namespace

std::string_view name_of(state s) { return state_names[static_cast<std::size_t>(s)]; }
char letter_of(state s) { return "ABCDEEAFGH"[static_cast<std::size_t>(s)]; }
std::span<const arrow> figure() { return arrows; }

state process_state_of(const standing& now) {
  if (now.active) return now.acked ? acknowledged : unacknowledged;
  if (now.latched) return now.acked ? latched_acknowledged : latched_unacknowledged;
  if (!now.acked) return returned;
  return now.confirmed ? normal : unconfirmed;
}

state state_of(const standing& now) {
  if (now.out_of_service) return state::out_of_service;
  if (now.suppressed) return state::suppressed;
  if (now.shelving != shelving::unshelved) return shelved;
  return process_state_of(now);
}

bool is_annunciated(const standing& now) {
  const auto s = state_of(now);
  return s != normal && s < shelved;
}

bool is_unacknowledged(const standing& now) { return is_annunciated(now) && !now.acked; }

const char* refusal(const standing& now, event what) {
  if (what >= shelve) return refusal_of_putting_aside(now, what);
  const auto from = process_state_of(now);
  const bool leads_on = std::ranges::any_of(arrows, [&](const arrow& each) {
    return each.from == from && each.what == what && holds(each.when, now) && holds(each.also, now);
  });
  return leads_on ? nullptr : reason_against(now, what);
}

}  // namespace perigee::alarm

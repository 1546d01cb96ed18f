#pragma once
// The states of an alarm and what leads from one to another: ISA-18.2-2016 figure 3, in the names of OPC UA Part 9.

#include <cstdint>
#include <span>
#include <string_view>

namespace perigee::alarm {

/// The letters are those of ISA-18.2's figure.
enum class state : std::uint8_t {
  normal,                  // A
  unacknowledged,          // B: active, and nobody has answered
  acknowledged,            // C: active
  returned,                // D: over before anybody acknowledged it
  latched_unacknowledged,  // E: over, but it stands until somebody resets it
  latched_acknowledged,    // E
  unconfirmed,             // Part 9 alone: over and acknowledged; that what was to be done is done is not confirmed
  shelved,                 // F
  suppressed,              // G: by design
  out_of_service,          // H
};
/// "returned"; as the API and the CLI say it.
[[nodiscard]] std::string_view name_of(state s);
/// 'A' to 'H'; 'A' for `unconfirmed`, which ISA-18.2 does not have.
[[nodiscard]] char letter_of(state s);

/// What may happen to an alarm. All but the first three are a person's.
enum class event : std::uint8_t {
  activate,   // its condition became true
  normalize,  // its condition is over
  realarm,    // it is acknowledged for too long, or became worse
  acknowledge,
  confirm,
  reset,
  clear,  // by hand: its condition cannot say that it is over
  shelve,
  unshelve,
  suppress,
  unsuppress,
  remove,     // from service
  reinstate,  // return to service
  comment,
};
inline constexpr std::size_t event_count = 14;

/// ShelvingState (Part 9 5.8.17).
enum class shelving : std::uint8_t { unshelved, timed, one_shot };

/// An alarm at one moment. The first four make the states A to E; the last three lie over those and over each other.
struct standing {
  bool active = false;    // ActiveState
  bool acked = true;      // AckedState
  bool confirmed = true;  // ConfirmedState; true where nobody has to confirm
  bool latched = false;   // LatchedState: it was active since it was reset last; false where it does not latch
  alarm::shelving shelving = shelving::unshelved;  // ShelvingState
  bool suppressed = false;                         // SuppressedState
  bool out_of_service = false;                     // OutOfServiceState

  bool operator==(const standing&) const = default;
};

/// A to E, whatever lies over it.
[[nodiscard]] state process_state_of(const standing& now);
/// What counts: out of service before suppressed before shelved before the rest.
[[nodiscard]] state state_of(const standing& now);
/// It wants to be looked at: neither normal nor put aside.
[[nodiscard]] bool is_annunciated(const standing& now);
/// And nobody has acknowledged it.
[[nodiscard]] bool is_unacknowledged(const standing& now);

/// One arrow of the figure's part A to E.
struct arrow {
  /// What else must be so: whether the alarm latches, whether it waits to be confirmed.
  enum class if_ : std::uint8_t { any, latching, not_latching, confirmed, awaiting };
  state from;
  event what;
  state to;
  if_ when = if_::any;
  if_ also = if_::any;
};
[[nodiscard]] std::span<const arrow> figure();

/// Null where the event may happen now; else why not, as a sentence.
[[nodiscard]] const char* refusal(const standing& now, event what);

}  // namespace perigee::alarm

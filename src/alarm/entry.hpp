#pragma once
// One alarm of the board, made of what its node told and what people did: docs/alarms.md, "At both ends".

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "alarm/telling.hpp"
#include "base/bytes.hpp"
#include "base/id.hpp"

namespace perigee::alarm {

/// What a person did. Of two of a kind the later counts, on every node the same.
struct deed {
  timestamp at{};
  std::string by{};
  std::string comment{};
  alarm::severity seen = severity::info;  // how bad it was: what is worse than that is not answered by it

  auto operator<=>(const deed&) const = default;
};

/// What people answered to one activation. Never undone: a new activation has none of it.
struct answers {
  timestamp of{};  // the activation
  std::optional<deed> acknowledged{};
  std::optional<deed> confirmed{};
  std::optional<deed> reset{};
  std::optional<deed> cleared{};

  bool operator==(const answers&) const = default;
};

/// On or off, whichever was said last; said at the same time, off: an alarm is rather shown than not.
struct setting {
  bool on = false;
  deed how{};

  bool operator==(const setting&) const = default;
};

struct shelved_how {
  shelving kind = shelving::unshelved;
  timestamp until{};
  timestamp activation{};  // that a one-shot shelving is of
  deed how{};

  bool operator==(const shelved_how&) const = default;
};

/// What is raised under one name and key at one node.
struct entry {
  std::uint64_t id = 0;  // of this node's board: 1 and up, stays over restarts
  std::string node{};
  std::string name{};
  std::string key{};
  std::string via{};  // the child through which its node is reached; empty: it is this node's own

  // What its node told. In the order of that node's journal, which nobody else writes.
  alarm::severity severity = severity::warning;
  bool condition = false;  // as told last
  timestamp since{};       // when it was raised last; 0: never
  timestamp ended{};       // when its condition was over, if it is
  std::string values{};    // a JSON object of what was seen when it was raised; may be empty
  attributes with{};
  epoch told_in{};       // the life of the journal
  log_offset told_at{};  // and the place in it of what was told last
  std::uint64_t times_raised = 0;

  // What people did. Taken in any order, it comes to the same.
  answers answered{};
  shelved_how shelved{};
  setting suppressed{};
  setting out_of_service{};
  std::optional<deed> remark{};  // the last comment

  // What it comes to now.
  standing now{};
  timestamp ordered_by{};           // its place in the order of its group; 0: it is normal
  bool suppresses_now = false;      // the group that it names
  std::uint64_t version = 0;        // of the board, when this changed last
  std::vector<log_offset> trail{};  // where the newest records of it stand in this node's journal

  /// Answered by someone for the activation that it is in, as bad as it is.
  [[nodiscard]] const deed* answer(const std::optional<deed>& to) const;
  /// When it was over; 0: it is active, or never was.
  [[nodiscard]] timestamp over_at() const;
};

/// What its node told: `activate` or `normalize`. False where it changes nothing.
bool take_condition(entry& of, const telling& t);
/// What a person did. Commutative, associative and idempotent. False where it changes nothing.
bool take_deed(entry& of, const telling& t);
/// The same of a group.
bool take_setting(setting& into, bool on, deed how);

[[nodiscard]] standing standing_at(const entry& of, timestamp now, bool group_is_suppressed);
/// When that changes of itself; nothing where it does not.
[[nodiscard]] std::optional<timestamp> next_change(const entry& of, timestamp now);
/// The newest time that anything of it was done at.
[[nodiscard]] timestamp last_deed_at(const entry& of);
/// All that people did and that still counts, as it would be told.
[[nodiscard]] std::vector<telling> deeds_of(const entry& of);
/// An empty telling about this alarm.
[[nodiscard]] telling about(const entry& of, event what, deed how);

/// docs/formats/alarm-board.md.
void encode(const entry& e, byte_writer& out);
[[nodiscard]] entry decode_entry(byte_reader& in);
void encode(const setting& s, byte_writer& out);
[[nodiscard]] setting decode_setting(byte_reader& in);

}  // namespace perigee::alarm

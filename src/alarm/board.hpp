#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "alarm/entry.hpp"
#include "alarm/rates.hpp"
#include "alarm/telling.hpp"
#include "base/error.hpp"

namespace perigee::alarm {

/// Who tells, and where that stands.
struct teller {
  std::string_view node;           // whose journal the record was first in
  std::string_view via{};          // the child through which it came; empty: it is of this node's own journal
  bool speaks_for_people = false;  // the record is of a node's own operators, whose names nobody else may take
  epoch life{};                    // of that first journal
  log_offset offset{};             // the record's place there
  log_offset here{};               // and in this node's journal
  timestamp heard{};               // when this node took it
};

/// The alarms of a node and of all below it, as the records of the alarm lanes tell them: what an operator looks at.
/// What a condition does is believed of the node that evaluates it alone; what people do, of that node, of the child
/// through which it is reached, and of this one. Two boards that heard the same show the same (docs/alarms.md, "At
/// both ends"). It remembers at most limits::alarms_listed_max; then the alarm that is normal the longest goes, and
/// where there is none a new one is not listed and counted. No IO; owned by its reader.
class board {
 public:
  board() = default;
  board(board&&) = default;  // a copy's orders would look into the original
  board& operator=(board&&) = default;

  /// What came of a telling.
  struct outcome {
    bool changed = false;
    const entry* of = nullptr;  // the alarm that is spoken of; null for a group and for none
    std::string via{};          // the child below which the node of it is
    bool is_deed = false;
  };
  /// A message of an alarm lane.
  outcome apply(const teller& from, byte_view payload);
  /// Time goes on: shelvings end, alarms are told again.
  void advance(timestamp now);

  /// Whether `apply` would change anything.
  [[nodiscard]] bool is_news(const telling& deed) const;
  /// Null where a person may do this now; else why not. For a shelving, of limits::alarm_seconds_max at most,
  /// `how_long`.
  [[nodiscard]] const char* refusal(const entry& of, event what, nanoseconds how_long = {}) const;
  /// What a person's doing is to be told as: later than all that was done before, however the clocks go.
  [[nodiscard]] telling tell(const entry& of, event what, deed how) const;
  /// The same of a group.
  [[nodiscard]] telling tell(std::string_view node, std::string_view group, bool suppressed, deed how) const;
  /// All that people did and that still counts, of alarms below this child.
  [[nodiscard]] std::vector<telling> deeds_below(std::string_view child) const;

  [[nodiscard]] const entry* find(std::uint64_t id) const;
  /// The worst first: by state, then by severity, then the newest.
  [[nodiscard]] std::vector<const entry*> in_order() const;
  [[nodiscard]] std::size_t size() const { return alarms_.size(); }
  [[nodiscard]] bool is_first_out(const entry& of) const;

  struct group_view {
    std::string node;
    std::string name;
    std::size_t members = 0;
    std::size_t standing = 0;  // not normal, put aside or not
    bool suppressed = false;
    std::uint64_t first_out = 0;  // its id; 0: all are normal
  };
  [[nodiscard]] std::vector<group_view> groups() const;

  struct figures {
    std::size_t active = 0;
    std::size_t standing = 0;  // annunciated
    std::size_t unacknowledged = 0;
    std::size_t stale = 0;
    std::size_t shelved = 0;
    std::size_t suppressed = 0;
    std::size_t out_of_service = 0;
    auto operator<=>(const figures&) const = default;
  };
  [[nodiscard]] figures count() const;
  [[nodiscard]] const rates& rate() const { return rates_; }

  /// Goes up with every change.
  [[nodiscard]] std::uint64_t version() const { return version_; }
  [[nodiscard]] std::uint64_t not_listed() const { return not_listed_; }

  /// docs/formats/alarm-board.md.
  void encode(byte_buffer& out) const;
  /// errc::malformed: nothing was taken over. Trails end at `known`: what is behind it stands there no more.
  [[nodiscard]] result<> restore(byte_view from, log_offset known = log_offset(UINT64_MAX));

 private:
  using identity = std::tuple<std::string, std::string, std::string>;  // node, name, key
  using group_id = std::pair<std::string, std::string>;                // node, group

  outcome apply_deed(const teller& from, const telling& t, const std::string& node);
  outcome apply_to_group(const teller& from, const telling& t, const std::string& node);
  [[nodiscard]] bool may_speak(const teller& from, std::string_view node, std::string_view via) const;
  [[nodiscard]] entry* known(const std::string& node, const telling& t);
  entry* claim(const std::string& node, const telling& t);
  bool make_room();
  void leave_trail(entry& of, const teller& from) const;
  /// After a change of it, or as time goes: what it comes to now, and what that does to others.
  void refresh(entry& of, bool raised_anew);
  /// Puts it where it belongs in the order of its group now: another one may be the first.
  void order_in_group(entry& of);
  void leave_group(entry& of, const std::string& group);
  void stop_suppressing(entry& of, const std::string& group);
  void refresh_group(const group_id& which);
  [[nodiscard]] bool is_suppressed(const entry& of) const;
  [[nodiscard]] bool is_suppressed(const group_id& which) const;
  [[nodiscard]] const entry* member_of(std::string_view node, std::string_view group) const;

  std::map<std::uint64_t, entry> alarms_;
  std::map<identity, std::uint64_t> ids_;
  std::map<group_id, setting> groups_;           // bounded by limits::alarm_groups_max
  std::map<group_id, std::size_t> suppressors_;  // active alarms that suppress a group
  /// A member of a group that is not normal, by when it was raised. Views into the alarm.
  struct place {
    timestamp since;
    std::string_view name;
    std::string_view key;
    std::uint64_t id;
    auto operator<=>(const place&) const = default;
  };
  static place place_of(const entry& of) { return {of.ordered_by, of.name, of.key, of.id}; }
  struct membership {
    std::set<std::uint64_t> ids{};
    std::set<place> standing{};
    [[nodiscard]] std::uint64_t first_out() const { return standing.empty() ? 0 : standing.begin()->id; }
  };
  std::map<group_id, membership> members_;
  rates rates_;
  timestamp now_{};
  std::int64_t next_change_ = INT64_MAX;  // not after the first of what changes of itself
  std::uint64_t last_id_ = 0;
  std::uint64_t version_ = 0;
  std::uint64_t not_listed_ = 0;
};

}  // namespace perigee::alarm

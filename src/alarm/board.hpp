#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "alarm/telling.hpp"
#include "base/error.hpp"

namespace perigee::alarm {

/// Who has seen a raised alarm, and what they say of it.
struct acknowledgement {
  std::string by;
  std::string comment;
  timestamp at{};
};

/// What is raised under one name and key at one node. Raised again it is the same alarm, and nobody has seen it yet.
struct entry {
  std::uint64_t id = 0;  // 1 and up; stays over restarts
  std::string node;
  std::string name;
  std::string key;
  alarm::severity severity = severity::warning;
  bool raised = false;
  timestamp since{};  // when it was raised last
  std::optional<timestamp> cleared{};
  std::string cleared_by;  // a person; empty: its condition is gone
  std::optional<acknowledgement> acknowledged{};
  std::uint64_t times_raised = 0;
  std::string values;         // a JSON object of what was seen when it was raised; may be empty
  std::uint64_t version = 0;  // of the board, when this changed last
};

/// The alarms of a node and of all below it, as the records of the alarm lanes tell them: what an operator looks at.
/// It remembers at most limits::alarms_listed_max; then the alarm that is cleared the longest goes, and where all are
/// raised a new one is not listed and counted. No IO; owned by its reader.
class board {
 public:
  /// A message of an alarm lane, of that node. True where it changed an alarm.
  bool apply(std::string_view node, byte_view payload);

  [[nodiscard]] const entry* find(std::uint64_t id) const;
  /// The worst first: raised before cleared, unseen before acknowledged, then by severity, then the newest.
  [[nodiscard]] std::vector<const entry*> in_order() const;
  [[nodiscard]] std::size_t size() const { return alarms_.size(); }
  [[nodiscard]] std::size_t raised() const;
  /// Goes up with every change.
  [[nodiscard]] std::uint64_t version() const { return version_; }
  [[nodiscard]] std::uint64_t not_listed() const { return not_listed_; }

  /// docs/formats/alarm-board.md.
  void encode(byte_buffer& out) const;
  /// errc::malformed: nothing was taken over.
  [[nodiscard]] result<> restore(byte_view from);

 private:
  using identity = std::tuple<std::string, std::string, std::string>;  // node, name, key

  entry* claim(std::string_view node, const telling& t);
  bool make_room();

  std::map<std::uint64_t, entry> alarms_;
  std::map<identity, std::uint64_t> ids_;
  std::uint64_t last_id_ = 0;
  std::uint64_t version_ = 0;
  std::uint64_t not_listed_ = 0;
};

/// What a person's doing is to be told as.
[[nodiscard]] telling acknowledged(const entry& of, acknowledgement how);
[[nodiscard]] telling cleared(const entry& of, std::string by, timestamp at);

}  // namespace perigee::alarm

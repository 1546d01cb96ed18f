#pragma once
// Alarms for the people who answer them: what is raised, what was, and who has seen it.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/time.hpp"

namespace perigee::alarm {

/// Somebody has seen it.
struct acknowledgement {
  std::string by;
  timestamp at;
  std::string comment;
};

/// One alarm of one node, told by a rule or by the node itself. It is the same alarm each time it is raised.
struct alarm {
  std::string id;  // of node, name and key
  std::string node;
  std::string name;
  std::string key;    // which machine, line, ...; may be empty
  int severity = 2;   // 1 is the worst, 4 the least
  timestamp raised;   // the last time
  timestamp changed;  // by what told of it
  std::optional<timestamp> cleared{};
  std::optional<acknowledgement> acknowledged{};  // since it was raised
  std::string message;
  std::optional<double> value{};
  std::uint64_t version = 0;  // of the book, when this changed last

  /// "raised", "acknowledged" or "cleared". ISA-18.2 has more of them, which are to come.
  [[nodiscard]] std::string_view state() const;
};

/// What an alarm record says: docs/rules.md.
struct told {
  std::string name;
  std::string key;
  int severity = 2;
  bool raised = false;
  timestamp at;
  timestamp since;
  std::string message;
  std::optional<double> value{};
};
/// errc::malformed where the payload is no alarm's.
[[nodiscard]] result<told> read_alarm(std::string_view payload);

/// Every alarm that was heard of, at most limits::alarms_max: past that, the one that was cleared longest ago is
/// forgotten, or else the one raised longest ago. Hearing of the same thing twice changes nothing, so that the
/// journal's alarm lane may be read again from any point. Owned by the node, on its shard; time is an argument.
class book {
 public:
  void hear(std::string_view node, const told& what);
  /// errc::not_found; errc::refused where it is not raised, or acknowledged already.
  [[nodiscard]] result<const alarm*> acknowledge(std::string_view id, acknowledgement by);
  /// By a person, whatever raised it. errc::not_found; errc::refused where it is cleared already.
  [[nodiscard]] result<const alarm*> clear(std::string_view id, timestamp now);

  /// By id; null where there is none.
  [[nodiscard]] const alarm* find(std::string_view id) const;
  using alarms = std::map<std::string, alarm, std::less<>>;
  [[nodiscard]] const alarms& all() const { return all_; }
  /// Goes up with each change.
  [[nodiscard]] std::uint64_t version() const { return version_; }

  /// What a restart must not forget: docs/formats/alarm-book.md.
  [[nodiscard]] std::string to_json() const;
  /// errc::malformed, and then the book is as it was.
  [[nodiscard]] result<> restore(std::string_view json);

 private:
  void make_room();

  alarms all_;
  std::uint64_t version_ = 0;
};

}  // namespace perigee::alarm

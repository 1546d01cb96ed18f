#pragma once
// What rules would have done to what a journal holds: its messages in the order in which they came, on their own clock.

#include <cstdint>
#include <string>

#include "journal/inspect.hpp"
#include "rules/rule_set.hpp"

namespace perigee::cli {

struct replay_of_journal {
  std::string folder;       // of the journal
  std::string node;         // whose it is: what its own rules made is not decided on; empty: not known
  timestamp from{};         // messages that this journal took from here
  timestamp to{INT64_MAX};  // to here
};

struct replay_sum {
  std::uint64_t messages = 0;
  std::uint64_t missing = 0;  // records that are not there, or cannot be read
};

/// Takes what the rules do, each at its time.
class replay_sink : public rules::action_sink {
 public:
  timestamp now{};  // when the node would have done it
};

/// Hands the messages of all lanes to the rules, merged by when the journal took them, and ends what windows end by
/// `to`. Beside a running node too. As journal::dump.
[[nodiscard]] result<replay_sum> replay(io::disk& disk, const journal::keyring& keys, const replay_of_journal& what,
                                        rules::rule_set& on, replay_sink& out);

}  // namespace perigee::cli

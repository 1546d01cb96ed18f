#pragma once
// What rules would have done to what a journal holds, on its own clock.

#include "cli/journal_messages.hpp"
#include "rules/rule_set.hpp"

namespace perigee::cli {

/// Takes what the rules do, each at its time.
class replay_sink : public rules::action_sink {
 public:
  timestamp now{};  // when the node would have done it
};

/// Hands the journal's messages to the rules, and ends what windows end by the span's end. As for_each_message.
[[nodiscard]] result<journal_sum> replay(io::disk& disk, const journal::keyring& keys, const journal_span& what,
                                         rules::rule_set& on, replay_sink& out);

}  // namespace perigee::cli

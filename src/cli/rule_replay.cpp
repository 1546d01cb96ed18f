#include "cli/rule_replay.hpp"

namespace perigee::cli {
namespace {

struct deadline {
  timestamp at;
  std::uint8_t lane;
};

std::optional<deadline> next_deadline(const rules::rule_set& of) {
  std::optional<deadline> first;
  for (std::uint8_t lane = 0; lane < model::lane_count; ++lane) {
    const auto due = of.next_deadline(lane);
    if (due && (!first || *due < first->at)) first = {*due, lane};
  }
  return first;
}

/// Ends what ends by then, each at its own time, as the node's ticks do.
void move_time(rules::rule_set& on, timestamp to, replay_sink& out) {
  for (auto due = next_deadline(on); due && due->at <= to; due = next_deadline(on)) {
    out.now = due->at;
    on.advance(due->lane, due->at, out);
  }
  out.now = to;
}

}  // namespace

result<journal_sum> replay(io::disk& disk, const journal::keyring& keys, const journal_span& what, rules::rule_set& on,
                           replay_sink& out) {
  const auto on_time = [&](model::lane lane, timestamp at) {
    move_time(on, at, out);
    on.advance(static_cast<std::uint8_t>(lane), at, out);
  };
  const auto decide = [&](const journal_message& one) {
    const auto& m = one.message;
    const rules::event e{
        m.topic, m.payload, m.arrival, one.at, m.source, one.taken, static_cast<std::uint8_t>(one.lane)};
    if (one.from.node == what.node) on.decide_at_once(e, out);  // of this node's own messages alone
    on.apply(e, out);
  };
  PG_TRY(const auto sum, for_each_message(disk, keys, what, on_time, decide));
  if (what.to.ns != INT64_MAX) move_time(on, what.to, out);
  return sum;
}

}  // namespace perigee::cli

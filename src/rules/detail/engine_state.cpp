// What rules remember, at rest: docs/formats/rules-state.md.

#include <algorithm>

#include "base/crc32c.hpp"
#include "rules/detail/engine.hpp"

namespace perigee::rules::detail {
namespace {

constexpr std::uint8_t snapshot_version = 1;
constexpr std::size_t crc_bytes = 4;

}  // namespace

void engine::encode(byte_buffer& out) const {
  const auto start = out.size();
  byte_writer to(out);
  to.u8(snapshot_version);
  byte_buffer part;
  alarms_.encode(part);
  to.sized(byte_view(part));
  const auto with_state = [](const running& rule) { return rule.windows != nullptr; };
  to.varint(static_cast<std::uint64_t>(std::ranges::count_if(rules_, with_state)));
  for (const auto& rule : rules_) {
    if (!with_state(rule)) continue;
    part.clear();
    byte_writer of_rule(part);
    of_rule.u8(rule.lane);
    rule.windows->encode(of_rule);
    to.u64(rule.plan.identity);
    to.sized(byte_view(part));
  }
  to.u32(crc32c(byte_view(out).subspan(start)));
}

result<> engine::restore(byte_view snapshot, timestamp now, action_sink& out) {
  if (snapshot.size() < crc_bytes + 1) return fail(errc::corrupt, "the rules' snapshot is cut short");
  const auto body = snapshot.first(snapshot.size() - crc_bytes);
  if (byte_reader(snapshot.last(crc_bytes)).u32() != crc32c(body)) {
    return fail(errc::corrupt, "the rules' snapshot does not match its checksum");
  }
  byte_reader from(body);
  if (from.u8() != snapshot_version) return fail(errc::unsupported, "the rules' snapshot is of a newer version");
  PG_TRY(auto alarms, alarm_table::decode(from.sized()));
  struct found {
    running* rule;
    std::uint8_t lane;
    std::unique_ptr<window_state> windows;
  };
  std::vector<found> all;
  for (auto left = from.varint(); left > 0 && from.ok(); --left) {
    const auto identity = from.u64();
    byte_reader part(from.sized());
    // What a rule remembered that is gone or was changed is of no use to any other.
    const auto rule = std::ranges::find_if(
        rules_, [&](const running& r) { return r.windows != nullptr && r.plan.identity == identity; });
    if (rule == rules_.end()) continue;
    auto& one = all.emplace_back(&*rule, part.u8(), fresh_windows(rule->plan));
    one.windows->decode(part);
    if (!part.ok() || !part.done() || one.lane >= rule_lanes_max) from.fail();
  }
  if (!from.ok() || !from.done()) return fail(errc::corrupt, "the rules' snapshot does not parse");
  take_over(std::move(alarms), now, out);
  deadlines_.fill(INT64_MAX);
  for (auto& one : all) {
    one.rule->lane = one.lane;
    one.rule->windows = std::move(one.windows);
  }
  for (const auto id : timed_) note_deadline(rules_[id]);
  return {};
}

}  // namespace perigee::rules::detail

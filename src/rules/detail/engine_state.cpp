// What rules remember, at rest: docs/formats/rules-state.md.

#include <algorithm>

#include "base/crc32c.hpp"
#include "rules/detail/engine.hpp"

namespace perigee::rules::detail {
namespace {

constexpr std::uint8_t snapshot_version = 1;
constexpr std::size_t crc_bytes = 4;

}  // namespace

timestamp rule_memory::watermark() const {
  if (windows) return windows->watermark();
  if (pairs) return pairs->watermark();
  if (match) return match->watermark();
  return hold ? hold->watermark() : timestamp{INT64_MIN};
}

std::optional<timestamp> rule_memory::deadline() const {
  if (windows) return windows->deadline();
  if (pairs) return pairs->deadline();
  if (match) return match->deadline();
  return hold ? hold->deadline() : std::nullopt;
}

void rule_memory::show(rule_stats& in) const {
  const auto add = [&in](std::size_t keys, std::size_t bytes, std::uint64_t evicted) {
    in.groups += keys;
    in.state_bytes += bytes;
    in.evicted += evicted;
  };
  if (windows) add(windows->groups(), windows->bytes(), windows->evicted());
  if (hold) add(hold->keys(), hold->bytes(), hold->evicted());
  if (pairs) add(pairs->rows(), pairs->bytes(), pairs->evicted());
  if (match) add(match->keys(), match->bytes(), match->evicted());
  for (const auto& one : analytics) add(one->keys(), one->bytes(), one->evicted());
}

void rule_memory::encode(byte_writer& to) const {
  if (windows) windows->encode(to);
  if (hold) hold->encode(to);
  if (pairs) pairs->encode(to);
  if (match) match->encode(to);
  for (const auto& one : analytics) one->encode(to);
}

void rule_memory::decode(byte_reader& from) {
  if (windows) windows->decode(from);
  if (hold) hold->decode(from);
  if (pairs) pairs->decode(from);
  if (match) match->decode(from);
  for (const auto& one : analytics) one->decode(from);
}

void engine::encode(byte_buffer& out) const {
  const auto start = out.size();
  byte_writer to(out);
  to.u8(snapshot_version);
  byte_buffer part;
  alarms_.encode(part);
  to.sized(byte_view(part));
  const auto with_state = [](const running& rule) { return rule.memory.any(); };
  to.varint(static_cast<std::uint64_t>(std::ranges::count_if(rules_, with_state)));
  for (const auto& rule : rules_) {
    if (!with_state(rule)) continue;
    part.clear();
    byte_writer of_rule(part);
    of_rule.u8(rule.lane);
    rule.memory.encode(of_rule);
    to.u64(rule.plan.identity);
    to.sized(byte_view(part));
  }
  encode_tables(to);
  to.u32(crc32c(byte_view(out).subspan(start)));
}

/// Those that rules write.
void engine::encode_tables(byte_writer& to) const {
  const auto is_kept = [](const running_table& t) { return t.kept != nullptr; };
  to.varint(static_cast<std::uint64_t>(std::ranges::count_if(tables_, is_kept)));
  byte_buffer part;
  for (const auto& table : tables_) {
    if (!is_kept(table)) continue;
    part.clear();
    byte_writer of_table(part);
    table.kept->encode(of_table);
    to.u64(table.plan.identity);
    to.sized(byte_view(part));
  }
}

/// The rows of the tables that are still there.
std::vector<std::pair<engine::running_table*, std::unique_ptr<kept_rows>>> engine::decode_tables(byte_reader& from) {
  std::vector<std::pair<running_table*, std::unique_ptr<kept_rows>>> out;
  for (auto left = from.varint(); left > 0 && from.ok(); --left) {
    const auto identity = from.u64();
    byte_reader part(from.sized());
    const auto table =
        std::ranges::find_if(tables_, [&](const auto& t) { return t.kept != nullptr && t.plan.identity == identity; });
    if (table == tables_.end()) continue;
    auto& one = out.emplace_back(&*table, fresh_rows(table->plan));
    one.second->decode(part);
    if (!part.ok() || !part.done()) from.fail();
  }
  return out;
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
    rule_memory memory;
  };
  std::vector<found> all;
  for (auto left = from.varint(); left > 0 && from.ok(); --left) {
    const auto identity = from.u64();
    byte_reader part(from.sized());
    // What a rule remembered that is gone or was changed is of no use to any other.
    const auto rule =
        std::ranges::find_if(rules_, [&](const running& r) { return r.memory.any() && r.plan.identity == identity; });
    if (rule == rules_.end()) continue;
    auto& one = all.emplace_back(&*rule, part.u8(), fresh_memory(rule->plan));
    one.memory.decode(part);
    if (!part.ok() || !part.done() || one.lane >= rule_lanes_max) from.fail();
  }
  auto rows = decode_tables(from);
  if (!from.ok() || !from.done()) return fail(errc::corrupt, "the rules' snapshot does not parse");
  take_over(std::move(alarms), now, out);
  for (auto& [table, kept] : rows) table->kept = std::move(kept);
  deadlines_.fill(INT64_MAX);
  for (auto& one : all) {
    one.rule->lane = one.lane;
    one.rule->memory = std::move(one.memory);
  }
  for (const auto id : timed_) note_deadline(rules_[id]);
  for (std::uint8_t lane = 0; lane < rule_lanes_max; ++lane) note_alarm_deadline(lane);
  return {};
}

}  // namespace perigee::rules::detail

#include "rules/detail/alarm_table.hpp"

#include "base/crc32c.hpp"
#include "base/limits.hpp"
#include "base/rules_limits.hpp"

namespace perigee::rules::detail {
namespace {

constexpr std::uint8_t snapshot_version = 1;
constexpr std::size_t crc_bytes = 4;

void encode_state(const alarm_state& state, byte_writer& to) {
  to.u8(static_cast<std::uint8_t>(state.severity));
  to.u64(static_cast<std::uint64_t>(state.since.ns));
  to.u8(static_cast<std::uint8_t>(state.phase));
  if (state.phase == alarm_phase::raised) return;
  to.u64(static_cast<std::uint64_t>(state.due));
  to.u8(state.lane);
  to.sized(std::string_view(state.values));
}

alarm_state decode_state(byte_reader& from) {
  alarm_state out;
  const auto severity = from.u8();
  out.since.ns = static_cast<std::int64_t>(from.u64());
  const auto phase = from.u8();
  if (severity > static_cast<std::uint8_t>(severity::critical) ||
      phase > static_cast<std::uint8_t>(alarm_phase::ending))
    from.fail();
  out.severity = static_cast<rules::severity>(severity);
  out.phase = static_cast<alarm_phase>(phase);
  if (out.phase == alarm_phase::raised) return out;
  out.due = static_cast<std::int64_t>(from.u64());
  out.lane = from.u8();
  out.values = from.sized_text();
  if (out.lane >= rule_lanes_max || out.values.size() > limits::alarm_values_bytes_max) from.fail();
  return out;
}

}  // namespace

const alarm_state* alarm_table::find(const alarm_view& alarm) const {
  const auto found = all_.find(alarm);
  return found == all_.end() ? nullptr : &found->second;
}

void alarm_table::wait(const key& of, const alarm_state& state) {
  if (state.phase == alarm_phase::raised) return;
  deadlines_[state.lane].emplace(state.due, of.view());
  waiting_ += state.phase == alarm_phase::waiting ? 1 : 0;
}

void alarm_table::wait_no_more(const key& of, const alarm_state& state) {
  if (state.phase == alarm_phase::raised) return;
  deadlines_[state.lane].erase({state.due, of.view()});
  waiting_ -= state.phase == alarm_phase::waiting ? 1 : 0;
}

bool alarm_table::raise(const alarm_view& a, alarm_state state) {
  if (all_.size() >= limits::alarms_max) return false;
  const auto made =
      all_.emplace(key{std::string(a.rule), std::string(a.name), std::string(a.key)}, std::move(state)).first;
  wait(made->first, made->second);
  ++version_;
  return true;
}

void alarm_table::change(const alarm_view& a, alarm_state state) {
  const auto found = all_.find(a);
  if (found == all_.end()) return;
  wait_no_more(found->first, found->second);
  found->second = std::move(state);
  wait(found->first, found->second);
  ++version_;
}

void alarm_table::clear(const alarm_view& a) {
  const auto found = all_.find(a);
  if (found == all_.end()) return;
  wait_no_more(found->first, found->second);
  all_.erase(found);
  ++version_;
}

const alarm_table::due_alarm* alarm_table::next_due(std::uint8_t lane, timestamp now) {
  const auto& waiting = deadlines_[lane];
  if (waiting.empty() || waiting.begin()->first > now.ns) return nullptr;
  const auto found = all_.find(waiting.begin()->second);
  due_.key_ = &found->first;
  due_.state_ = &found->second;
  return &due_;
}

std::optional<timestamp> alarm_table::deadline(std::uint8_t lane) const {
  const auto& waiting = deadlines_[lane];
  return waiting.empty() ? std::nullopt : std::optional(timestamp{waiting.begin()->first});
}

void alarm_table::for_each(function_ref<void(const alarm_view&, const alarm_state&)> visit) const {
  for (const auto& [alarm, state] : all_) visit(alarm.view(), state);
}

void alarm_table::encode(byte_buffer& out) const {
  const auto start = out.size();
  byte_writer to(out);
  to.u8(snapshot_version);
  to.varint(all_.size());
  for (const auto& [alarm, state] : all_) {
    to.sized(alarm.rule);
    to.sized(alarm.name);
    to.sized(alarm.key);
    encode_state(state, to);
  }
  to.u32(crc32c(byte_view(out).subspan(start)));
}

result<alarm_table> alarm_table::decode(byte_view in) {
  if (in.size() < crc_bytes + 1) return fail(errc::corrupt, "the alarm snapshot is cut short");
  const auto body = in.first(in.size() - crc_bytes);
  if (byte_reader(in.last(crc_bytes)).u32() != crc32c(body)) {
    return fail(errc::corrupt, "the alarm snapshot does not match its checksum");
  }
  byte_reader from(body);
  if (from.u8() != snapshot_version) return fail(errc::unsupported, "the alarm snapshot is of a newer version");
  alarm_table out;
  for (auto left = from.varint(); left > 0 && from.ok(); --left) {
    const auto rule = from.sized_text();
    const auto name = from.sized_text();
    const auto key = from.sized_text();
    auto state = decode_state(from);
    const alarm_view alarm{rule, name, key};
    if (from.ok() && out.find(alarm) != nullptr) from.fail();
    if (from.ok() && !out.raise(alarm, std::move(state))) {
      return fail(errc::too_large, "the alarm snapshot holds more alarms than can be raised");
    }
  }
  if (!from.ok() || !from.done()) return fail(errc::corrupt, "the alarm snapshot does not parse");
  return out;
}

}  // namespace perigee::rules::detail

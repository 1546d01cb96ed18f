#include "rules/detail/alarm_table.hpp"

#include "base/crc32c.hpp"
#include "base/rules_limits.hpp"

namespace perigee::rules::detail {
namespace {

constexpr std::uint8_t snapshot_version = 1;
constexpr std::size_t crc_bytes = 4;

}  // namespace

const alarm_state* alarm_table::find(const alarm_view& alarm) const {
  const auto found = raised_.find(alarm);
  return found == raised_.end() ? nullptr : &found->second;
}

bool alarm_table::raise(const alarm_view& a, alarm_state state) {
  if (raised_.size() >= limits::alarms_max) return false;
  raised_.emplace(entry{std::string(a.rule), std::string(a.name), std::string(a.key)}, state);
  ++version_;
  return true;
}

void alarm_table::clear(const alarm_view& a) {
  const auto found = raised_.find(a);
  if (found == raised_.end()) return;
  raised_.erase(found);
  ++version_;
}

void alarm_table::for_each(function_ref<void(const alarm_view&, const alarm_state&)> visit) const {
  for (const auto& [alarm, state] : raised_) visit(alarm.view(), state);
}

void alarm_table::encode(byte_buffer& out) const {
  const auto start = out.size();
  byte_writer to(out);
  to.u8(snapshot_version);
  to.varint(raised_.size());
  for (const auto& [alarm, state] : raised_) {
    to.sized(alarm.rule);
    to.sized(alarm.name);
    to.sized(alarm.key);
    to.u8(static_cast<std::uint8_t>(state.severity));
    to.u64(static_cast<std::uint64_t>(state.since.ns));
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
    const auto severity = from.u8();
    const timestamp since{static_cast<std::int64_t>(from.u64())};
    if (severity > static_cast<std::uint8_t>(severity::critical)) from.fail();
    if (from.ok() && !out.raise({rule, name, key}, {since, static_cast<rules::severity>(severity)})) {
      return fail(errc::too_large, "the alarm snapshot holds more alarms than can be raised");
    }
  }
  if (!from.ok() || !from.done()) return fail(errc::corrupt, "the alarm snapshot does not parse");
  return out;
}

}  // namespace perigee::rules::detail

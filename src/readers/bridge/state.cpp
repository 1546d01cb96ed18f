#include "readers/bridge/state.hpp"

#include "base/crc32c.hpp"
#include "base/limits.hpp"

namespace perigee::readers::bridge {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t crc_bytes = 4;

void put(byte_writer& w, const progress& p) {
  w.varint(p.at.offset.value());
  w.varint(p.at.inner);
  w.varint(p.number);
}

progress take(byte_reader& r) {
  progress out;
  out.at.offset = log_offset(r.varint());
  out.at.inner = static_cast<std::uint32_t>(r.varint());
  out.number = r.varint();
  return out;
}

bool take_subscribed(byte_reader& r, bridge_state& into) {
  const auto count = r.varint();
  if (count > limits::bridge_topics_max) return false;
  for (std::uint64_t i = 0; i < count && r.ok(); ++i) into.subscribed.emplace_back(r.sized_text());
  return r.ok();
}

bool take_receipts(byte_reader& r, bridge_state& into) {
  const auto count = r.varint();
  for (std::uint64_t i = 0; i < count && r.ok(); ++i) {
    const auto id = r.u16();
    const auto lane = r.u8();
    if (id == 0 || lane >= model::lane_count) return false;
    into.receipts[id] = static_cast<model::lane>(lane);
  }
  return r.ok();
}

}  // namespace

byte_buffer encode(const bridge_state& s) {
  byte_buffer out;
  byte_writer w(out);
  w.u8(version);
  w.u64(s.journal.value());
  w.u32(s.fingerprint);
  for (const auto& lane : s.lanes) {
    put(w, lane.completed);
    put(w, lane.received);
    w.varint(lane.seen.value());
  }
  w.varint(s.subscribed.size());
  for (const auto& filter : s.subscribed) w.sized(filter);
  w.varint(s.receipts.size());
  for (const auto& [id, lane] : s.receipts) {
    w.u16(id);
    w.u8(static_cast<std::uint8_t>(lane));
  }
  w.u32(crc32c(out));
  return out;
}

result<bridge_state> decode_state(byte_view in) {
  if (in.size() <= crc_bytes) return fail(errc::corrupt, "a bridge's state is cut short");
  const auto body = in.first(in.size() - crc_bytes);
  if (byte_reader(in.last(crc_bytes)).u32() != crc32c(body)) {
    return fail(errc::corrupt, "a bridge's state does not match its checksum");
  }
  byte_reader r(body);
  if (r.u8() > version) return fail(errc::unsupported, "a newer version wrote a bridge's state");
  bridge_state out;
  out.journal = perigee::epoch(r.u64());
  out.fingerprint = r.u32();
  for (auto& lane : out.lanes) {
    lane.completed = take(r);
    lane.received = take(r);
    lane.seen = log_offset(r.varint());
    if (lane.received.at < lane.completed.at || lane.received.number < lane.completed.number) r.fail();
  }
  if (!take_subscribed(r, out) || !take_receipts(r, out) || !r.ok() || !r.done()) {
    return fail(errc::corrupt, "a bridge's state does not parse");
  }
  return out;
}

}  // namespace perigee::readers::bridge

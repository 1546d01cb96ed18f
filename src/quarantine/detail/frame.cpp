#include "quarantine/detail/frame.hpp"

#include <algorithm>

#include "base/crc32c.hpp"
#include "base/limits.hpp"

namespace perigee::quarantine::detail {
namespace {

constexpr std::string_view magic = "PGQU";
constexpr std::size_t names_bytes_max = 64U << 10;  // all but the record of the largest frame, with room to spare

/// A frame under construction: its head is filled in when it ends.
class frame_writer {
 public:
  frame_writer(frame_kind kind, byte_buffer& out) : out_(out), begin_(out.size()), to(out) {
    out_.resize(begin_ + frame_head_bytes);
    out_.back() = static_cast<std::uint8_t>(kind);
  }
  void finish() {
    const auto length = static_cast<std::uint32_t>(out_.size() - begin_ - frame_head_bytes);
    std::memcpy(out_.data() + begin_ + 4, &length, sizeof(length));
    const auto crc = crc32c(byte_view(out_).subspan(begin_ + 4));
    std::memcpy(out_.data() + begin_, &crc, sizeof(crc));
  }

 private:
  byte_buffer& out_;
  std::size_t begin_;

 public:
  byte_writer to;
};

std::uint64_t messages_in(const model::record_view& r) {
  if (r.kind != model::record_kind::batch) return 1;
  const auto block = model::peek_batch(r.payload);
  return block ? block->records : 1;
}

}  // namespace

void encode(const file_header& h, byte_buffer& out) {
  const auto begin = out.size();
  byte_writer to(out);
  to.bytes(as_bytes(magic));
  to.u8(format_version);
  to.u8(0);
  to.u16(0);
  to.u64(h.epoch.value());
  to.u64(h.next_number);
  to.u64(h.next_gap);
  to.u32(crc32c(byte_view(out).subspan(begin)));
}

result<file_header> decode_header(byte_view in) {
  byte_reader r(in);
  const bool marked = as_text(r.bytes(magic.size())) == magic;
  const auto version = r.u8();
  r.u8();
  r.u16();
  file_header out;
  out.epoch = perigee::epoch(r.u64());
  out.next_number = r.u64();
  out.next_gap = r.u64();
  const auto crc = r.u32();
  if (!r.ok() || !marked || crc != crc32c(in.first(header_bytes - 4)))
    return fail(errc::corrupt, "the quarantine's header fails its check");
  if (version > format_version) return fail(errc::unsupported, "a newer version wrote the quarantine");
  return out;
}

frame_head read_head(byte_view in) {
  byte_reader r(in);
  frame_head out;
  out.crc = r.u32();
  out.length = r.u32();
  out.kind = r.u8();
  return out;
}

bool verifies(byte_view whole) { return read_head(whole).crc == crc32c(whole.subspan(4)); }

std::uint32_t body_bytes_max() { return limits::quarantine_record_bytes_max + names_bytes_max; }

void encode_set_aside(std::uint64_t number, timestamp now, const poison& what, byte_buffer& out) {
  const auto& r = what.record;
  frame_writer frame(frame_kind::set_aside, out);
  auto& to = frame.to;
  to.varint(number);
  to.sized(what.reader);
  to.sized(what.origin.node);
  to.u64(what.origin.journal_epoch.value());
  to.u8(static_cast<std::uint8_t>(r.lane));
  to.varint(what.origin.offset.value());
  to.varint(what.at.value());
  to.signed_varint(now.ns);
  to.sized(what.reason);
  to.u8(what.told ? 1 : 0);
  to.u8(static_cast<std::uint8_t>(r.kind));
  to.sized(r.topic);
  to.sized(r.source);
  to.signed_varint(r.arrival.ns);
  to.varint(r.payload.size());
  to.varint(messages_in(r));
  const auto size = model::encoded_size(r);
  if (size <= limits::quarantine_record_bytes_max) {
    out.resize(out.size() + size);
    model::encode(r, byte_span(out).last(size));
  }
  frame.finish();
}

void encode(const kept_frame& f, byte_buffer& out) {
  frame_writer frame(frame_kind::kept, out);
  frame.to.varint(f.number);
  frame.to.varint(f.retries);
  frame.to.sized(f.reason);
  frame.finish();
}

void encode(const lost_frame& f, byte_buffer& out) {
  frame_writer frame(frame_kind::lost, out);
  frame.to.varint(f.gap);
  frame.to.signed_varint(f.time.ns);
  frame.to.sized(f.payload);
  frame.to.varint(f.numbers.size());
  for (const auto number : f.numbers) frame.to.varint(number);
  frame.finish();
}

void encode_taken(std::uint64_t number, byte_buffer& out) {
  frame_writer frame(frame_kind::taken, out);
  frame.to.varint(number);
  frame.finish();
}

void encode_told(std::uint64_t gap, byte_buffer& out) {
  frame_writer frame(frame_kind::told, out);
  frame.to.varint(gap);
  frame.finish();
}

result<set_aside_frame> decode_set_aside(byte_view body) {
  byte_reader r(body);
  set_aside_frame out;
  auto& e = out.what;
  e.number = r.varint();
  e.who.reader = r.sized_text();
  e.who.node = r.sized_text();
  e.who.journal = perigee::epoch(r.u64());
  const auto lane = r.u8();
  e.who.offset = log_offset(r.varint());
  e.at = log_offset(r.varint());
  e.set_aside = {r.signed_varint()};
  e.reason = r.sized_text();
  e.told = r.u8() != 0;
  const auto kind = r.u8();
  e.topic = r.sized_text();
  e.source = r.sized_text();
  e.arrival = {r.signed_varint()};
  e.payload_bytes = r.varint();
  e.messages = r.varint();
  if (!r.ok() || lane >= model::lane_count || kind > static_cast<std::uint8_t>(model::record_kind::release))
    return fail(errc::malformed, "the bytes are no record set aside");
  e.who.lane = static_cast<model::lane>(lane);
  e.kind = static_cast<model::record_kind>(kind);
  out.record = r.bytes(r.remaining());
  e.kept = !out.record.empty();
  return out;
}

result<kept_frame> decode_kept(byte_view body) {
  byte_reader r(body);
  kept_frame out;
  out.number = r.varint();
  out.retries = r.varint();
  out.reason = r.sized_text();
  if (!r.ok() || !r.done()) return fail(errc::malformed, "the bytes are no retry");
  return out;
}

result<lost_frame> decode_lost(byte_view body) {
  byte_reader r(body);
  lost_frame out;
  out.gap = r.varint();
  out.time = {r.signed_varint()};
  out.payload = r.sized();
  const auto count = r.varint();
  for (std::uint64_t i = 0; r.ok() && i < count; ++i) out.numbers.push_back(r.varint());
  if (!r.ok() || !r.done()) return fail(errc::malformed, "the bytes do not say what is lost");
  return out;
}

result<std::uint64_t> decode_number(byte_view body) {
  byte_reader r(body);
  const auto out = r.varint();
  if (!r.ok() || !r.done()) return fail(errc::malformed, "the bytes are no number");
  return out;
}

}  // namespace perigee::quarantine::detail

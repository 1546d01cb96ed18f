#include "model/gap.hpp"

#include <array>

#include "base/limits.hpp"

namespace perigee::model {
namespace {

constexpr std::uint8_t gap_version = 1;

}  // namespace

std::string_view name_of(gap_reason reason) {
  constexpr std::array<std::string_view, 5> names{"disk bound", "age", "damaged", "quarantine", "queue bound"};
  const auto number = static_cast<std::size_t>(reason);
  return number < names.size() ? names[number] : "other";
}

void encode_gap(const gap& g, byte_buffer& out) {
  byte_writer to(out);
  to.u8(gap_version);
  to.u8(static_cast<std::uint8_t>(g.lane));
  to.u8(static_cast<std::uint8_t>(g.reason));
  to.varint(g.first.value());
  to.varint(g.last.value() - g.first.value());
  to.varint(g.count);
  to.sized(g.topic);
}

result<gap> decode_gap(byte_view in) {
  byte_reader r(in);
  if (r.u8() > gap_version) return fail(errc::unsupported, "the gap was written by a newer version");
  gap out;
  const auto lane = r.u8();
  out.reason = static_cast<gap_reason>(r.u8());
  out.first = log_offset(r.varint());
  out.last = out.first.next(r.varint());
  out.count = r.varint();
  out.topic = r.sized_text();
  const bool sound = lane < lane_count && out.first <= out.last && out.topic.size() <= limits::topic_bytes_max;
  if (!r.ok() || !r.done() || !sound) return fail(errc::malformed, "the bytes are not a gap");
  out.lane = static_cast<model::lane>(lane);
  return out;
}

}  // namespace perigee::model

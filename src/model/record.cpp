#include "model/record.hpp"

#include <array>
#include <cstring>

#include "base/check.hpp"
#include "base/limits.hpp"

namespace perigee::model {
namespace {

constexpr std::uint8_t record_version = 1;
constexpr std::size_t fixed_bytes = 16;
constexpr std::size_t stamp_bytes = 16;
constexpr std::size_t delivery_bytes = 8;
constexpr std::array<std::string_view, lane_count> lane_names{"alarm", "event", "bulk"};

enum flag : std::uint8_t {
  flag_stamped = 1,
  flag_retain = 2,
  flag_qos_shift = 2,
  qos_mask = 3,
  flag_delivery = 0x10,
  flags_known = 0x1f
};
constexpr std::uint8_t qos_max = 2;

/// Copies and moves the cursor on.
void put(std::uint8_t*& at, const void* from, std::size_t n) {
  if (n != 0) std::memcpy(at, from, n);
  at += n;
}
template <class T>
void put_number(std::uint8_t*& at, T x) {
  put(at, &x, sizeof x);
}

std::uint8_t flags_of(const record_view& r) {
  return static_cast<std::uint8_t>((r.stamped() ? flag_stamped : 0) | (r.retain ? flag_retain : 0) |
                                   (r.qos << flag_qos_shift) | (r.delivery != 0 ? flag_delivery : 0));
}

}  // namespace

std::string_view name_of(lane l) { return lane_names[static_cast<std::size_t>(l)]; }

result<lane> lane_from(std::string_view name) {
  for (std::size_t i = 0; i < lane_count; ++i) {
    if (lane_names[i] == name) return static_cast<lane>(i);
  }
  return fail(errc::not_found, "a lane is one of alarm, event, bulk");
}

record::record(const record_view& from)
    : kind(from.kind),
      lane(from.lane),
      retain(from.retain),
      qos(from.qos),
      topic(from.topic),
      payload(to_buffer(from.payload)),
      properties(to_buffer(from.properties)),
      source(from.source),
      epoch(from.epoch),
      sequence(from.sequence),
      arrival(from.arrival),
      delivery(from.delivery) {}

record_view record::view() const {
  return {kind, lane, retain, qos, topic, payload, properties, source, epoch, sequence, arrival, delivery};
}

result<> check_bounds(const record_view& r) {
  if (r.topic.size() > limits::topic_bytes_max) return fail(errc::too_large, "the topic is longer than 1024 bytes");
  if (r.payload.size() > limits::payload_bytes_max) return fail(errc::too_large, "the payload is larger than 8 MiB");
  if (r.properties.size() > limits::properties_bytes_max) return fail(errc::too_large, "properties over 65,535 bytes");
  if (r.source.size() > limits::source_bytes_max) return fail(errc::too_large, "the sender's name is over 255 bytes");
  return {};
}

std::size_t encoded_size(const record_view& r) {
  return fixed_bytes + (r.stamped() ? stamp_bytes : 0) + (r.delivery != 0 ? delivery_bytes : 0) + r.topic.size() +
         r.source.size() + r.properties.size() + r.payload.size();
}

void encode(const record_view& r, byte_span out) {
  PG_CHECK(out.size() >= encoded_size(r), "encode needs encoded_size bytes");
  auto* at = out.data();
  *at++ = record_version;
  *at++ = static_cast<std::uint8_t>(r.kind);
  *at++ = flags_of(r);
  *at++ = static_cast<std::uint8_t>(r.source.size());
  put_number(at, static_cast<std::uint16_t>(r.topic.size()));
  put_number(at, static_cast<std::uint16_t>(r.properties.size()));
  put_number(at, r.arrival.ns);
  if (r.stamped()) {
    put_number(at, r.epoch.value());
    put_number(at, r.sequence.value());
  }
  if (r.delivery != 0) put_number(at, r.delivery);
  put(at, r.topic.data(), r.topic.size());
  put(at, r.source.data(), r.source.size());
  put(at, r.properties.data(), r.properties.size());
  put(at, r.payload.data(), r.payload.size());
}

result<record_view> decode_record(byte_view in, lane of) {
  byte_reader r(in);
  if (r.u8() > record_version) return fail(errc::unsupported, "the record was written by a newer version");
  record_view out;
  const auto kind = r.u8();
  const auto flags = r.u8();
  const std::size_t source_size = r.u8();
  const std::size_t topic_size = r.u16();
  const std::size_t properties_size = r.u16();
  out.arrival.ns = static_cast<std::int64_t>(r.u64());
  if ((flags & flag_stamped) != 0) {
    out.epoch = perigee::epoch(r.u64());
    out.sequence = perigee::sequence(r.u64());
  }
  if ((flags & flag_delivery) != 0) out.delivery = r.u64();
  out.topic = as_text(r.bytes(topic_size));
  out.source = as_text(r.bytes(source_size));
  out.properties = r.bytes(properties_size);
  out.payload = r.bytes(r.remaining());
  out.qos = (flags >> flag_qos_shift) & qos_mask;
  const bool known = kind <= static_cast<std::uint8_t>(record_kind::release) && (flags & ~flags_known) == 0;
  if (!r.ok() || !known || out.qos > qos_max) return fail(errc::malformed, "the bytes are not a record");
  out.kind = static_cast<record_kind>(kind);
  out.lane = of;
  out.retain = (flags & flag_retain) != 0;
  return out;
}

}  // namespace perigee::model
